/*
 * The load generator for beanstalkd: as gearbench.c, with what comes nearest in beanstalkd's protocol.
 *
 *   beanstalkbench -p port -m mode [-c clients] [-d in flight] [-w workers] [-n jobs] [-s workload bytes] [-t limit in seconds]
 *
 * Modes
 *   echo    clients put, workers reserve, put the workload into the client's own reply tube and delete; clients reserve the reply
 *           on a second connection and delete it. (beanstalkd has no foreground jobs: this is how one gets a result.)
 *   submit  clients alone; a submit is over with its INSERTED
 *   drain   workers alone, reserve and delete, until -n jobs have been reserved
 *   idle    -w workers wait in reserve until stdin closes
 *
 * One line of JSON on stdout tells the result. Exit status 1: the server failed or stalled.
 */
#include "line.h"
#include "latencies.h"

enum role { PUTTER, TAKER, WORKER };
enum { TEXT_BYTES = 128, WORKLOAD_BYTES_MIN = 16 };

/* What a workload begins with. */
struct mark {
  long number;
  int client;
};

struct settings {
  const char *mode;
  int port, clients, in_flight, workers, workload_bytes;
  long jobs;
  double limit_seconds;
};

static struct settings set = {.mode = "echo", .port = 11300, .clients = 16, .in_flight = 1, .workers = 16, .workload_bytes = 64, .jobs = 100000};
static long submitted, created, worked, completed, waiting, wrong;
static char *workload;
static float *latencies;
static double *submitted_at;
static struct connection **putters;

static void give_up(const char *what) {
  fprintf(stderr, "beanstalkbench: %s (%s): submitted %ld created %ld worked %ld completed %ld\n", what,
          errno ? strerror(errno) : "no error", submitted, created, worked, completed);
  exit(1);
}

static bool is_mode(const char *mode) { return strcmp(set.mode, mode) == 0; }

static void say(struct connection *connection, const char *text) { add(connection, text, strlen(text)); }

static void put(struct connection *connection, const char *bytes) {
  char text[TEXT_BYTES];
  snprintf(text, sizeof text, "put 1024 0 3600 %d\r\n", set.workload_bytes);
  say(connection, text);
  add(connection, bytes, (size_t)set.workload_bytes);
  say(connection, "\r\n");
}

static void submit(struct connection *putter) {
  if (submitted >= set.jobs) return;
  struct mark mark = {.number = submitted, .client = putter->number};
  memcpy(workload, &mark, sizeof mark);
  submitted_at[submitted] = now_seconds();
  submitted += 1;
  put(putter, workload);
}

static void take_reply(const struct mark *mark) {
  if (mark->number < 0 || mark->number >= submitted || submitted_at[mark->number] == 0) {
    wrong += 1;
    return;
  }
  latencies[completed++] = (float)(now_seconds() - submitted_at[mark->number]);
  submitted_at[mark->number] = 0;
}

static void take_job(struct connection *connection, unsigned long long id, const char *bytes) {
  char text[TEXT_BYTES];
  struct mark mark;
  memcpy(&mark, bytes, sizeof mark);
  if (connection->role == TAKER) {
    take_reply(&mark);
    struct connection *putter = putters[connection->number];
    submit(putter);
    flush(putter);
  } else {
    worked += 1;
    if (is_mode("echo")) {
      if (connection->number != mark.client) {
        snprintf(text, sizeof text, "use reply%d-%d\r\n", (int)getpid(), mark.client);
        say(connection, text);
        connection->number = mark.client;
      }
      put(connection, bytes);
    }
  }
  snprintf(text, sizeof text, "delete %llu\r\nreserve\r\n", id);
  say(connection, text);
}

/* The bytes of one whole answer; 0 when it is not all there. */
static size_t take_answer(struct connection *connection, const char *bytes, size_t count) {
  const char *end = memchr(bytes, '\n', count);
  if (end == NULL) return 0;
  size_t line_bytes = (size_t)(end - bytes) + 1;
  unsigned long long id;
  int body_bytes;
  if (sscanf(bytes, "RESERVED %llu %d\r\n", &id, &body_bytes) == 2) {
    if (body_bytes != set.workload_bytes) give_up("a workload of another size");
    if (count < line_bytes + (size_t)body_bytes + 2) return 0;
    take_job(connection, id, bytes + line_bytes);
    return line_bytes + (size_t)body_bytes + 2;
  }
  if (memcmp(bytes, "INSERTED", 8) == 0) {
    created += connection->role == PUTTER;
    if (is_mode("submit")) submit(connection);
  } else if (memcmp(bytes, "WATCHING", 8) == 0) {
    waiting += 1;
  } else if (memcmp(bytes, "DELETED", 7) != 0 && memcmp(bytes, "USING", 5) != 0) {
    fprintf(stderr, "beanstalkbench: %.*s\n", (int)line_bytes, bytes);
    give_up("an answer that was not expected");
  }
  return line_bytes;
}

static void take_answers(struct connection *connection) {
  struct buffer *in = &connection->in;
  while (in->start < in->end) {
    size_t taken = take_answer(connection, in->bytes + in->start, in->end - in->start);
    if (taken == 0) break;
    in->start += taken;
  }
}

static struct connection *open_line(enum role role, int number, const char *text, int reserves) {
  struct connection *connection = open_connection(set.port, role, false);
  connection->number = number;
  say(connection, text);
  for (int index = 0; index < reserves; index++) say(connection, "reserve\r\n");
  watch_line(connection, EPOLL_CTL_ADD, false);
  flush(connection);
  return connection;
}

/* Where the jobs are put: echo has a tube for itself, so that it finds no job of a run before that was cut. */
static const char *command_of_tube(const char *command) {
  static char text[TEXT_BYTES];
  if (is_mode("echo")) snprintf(text, sizeof text, "%s echo%d\r\n", command, (int)getpid());
  else snprintf(text, sizeof text, "%s bench\r\n", command);
  return text;
}

static void open_workers(void) {
  for (int index = 0; index < set.workers; index++) open_line(WORKER, -1, command_of_tube("watch"), 1);
}

static void open_clients(void) {
  for (int index = 0; index < set.clients; index++) {
    char text[TEXT_BYTES];
    snprintf(text, sizeof text, "watch reply%d-%d\r\n", (int)getpid(), index);
    /* As many replies may be on their way as jobs are in flight. */
    if (is_mode("echo")) open_line(TAKER, index, text, set.in_flight);
    putters[index] = open_line(PUTTER, index, command_of_tube("use"), 0);
  }
  for (int index = 0; index < set.clients; index++) {
    for (int number = 0; number < set.in_flight; number++) submit(putters[index]);
    flush(putters[index]);
  }
}

static long done_count(void) {
  if (is_mode("submit")) return created;
  if (is_mode("idle")) return waiting;
  return is_mode("drain") ? worked : completed;
}

static void read_settings(int count, char **words) {
  int letter;
  while ((letter = getopt(count, words, "p:m:c:d:w:n:s:t:")) != -1) {
    switch (letter) {
      case 'p': set.port = atoi(optarg); break;
      case 'm': set.mode = optarg; break;
      case 'c': set.clients = atoi(optarg); break;
      case 'd': set.in_flight = atoi(optarg); break;
      case 'w': set.workers = atoi(optarg); break;
      case 'n': set.jobs = atol(optarg); break;
      case 's': set.workload_bytes = atoi(optarg); break;
      case 't': set.limit_seconds = atof(optarg); break;
      default: exit(2);
    }
  }
  bool is_known = is_mode("echo") || is_mode("submit") || is_mode("drain") || is_mode("idle");
  if (!is_known || set.workload_bytes < WORKLOAD_BYTES_MIN) exit(2);
  if (is_mode("submit")) set.workers = 0;
  if (is_mode("drain") || is_mode("idle")) set.clients = 0;
  if (is_mode("idle")) set.jobs = set.workers;
}

int main(int count, char **words) {
  read_settings(count, words);
  open_poller();
  workload = malloc((size_t)set.workload_bytes);
  latencies = calloc((size_t)set.jobs + 1, sizeof *latencies);
  submitted_at = calloc((size_t)set.jobs + 1, sizeof *submitted_at);
  putters = calloc((size_t)set.clients + 1, sizeof *putters);
  if (workload == NULL || latencies == NULL || submitted_at == NULL || putters == NULL) give_up("no memory");
  memset(workload, 'x', (size_t)set.workload_bytes);

  double started_at = now_seconds();
  open_workers();
  if (is_mode("echo")) { /* all workers wait before the clock starts */
    while (waiting < set.workers) turn();
    started_at = now_seconds();
  }
  open_clients();
  bool is_cut = false;
  while (!is_cut && done_count() < set.jobs) {
    turn();
    is_cut = set.limit_seconds > 0 && now_seconds() - started_at > set.limit_seconds;
  }
  double seconds = now_seconds() - started_at;
  printf("{\"mode\":\"%s\",\"count\":%ld,\"seconds\":%.6f,\"perSecond\":%.1f,\"wrong\":%ld,\"isCut\":%s", set.mode, done_count(),
         seconds, (double)done_count() / seconds, wrong, is_cut ? "true" : "false");
  print_latencies(latencies, completed);
  printf("}\n");
  fflush(stdout);
  if (is_mode("idle")) while (getchar() != EOF) {}
  return wrong > 0 ? 1 : 0;
}
