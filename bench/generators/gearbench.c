/*
 * A load generator for Gearman job servers on this machine: one thread, epoll, raw packets, one write per connection and read.
 *
 *   gearbench -p port -m mode [-c clients] [-d in flight] [-w workers] [-g grabs] [-n jobs] [-s workload bytes] [-f functions]
 *             [-F name] [-u] [-o first unique] [-b] [-v] [-t limit in seconds]
 *
 * Modes
 *   echo    clients submit, workers give the workload back; with -b the submits are background jobs
 *   submit  clients alone, background jobs; a submit is over with its JOB_CREATED
 *   drain   workers alone, until -n jobs have been worked
 *   work    -w workers register, give workloads back and stay until stdin closes
 *   idle    -w workers register, sleep and stay until stdin closes
 *   burst   -c connects at once; a connect counts when the server has answered its ECHO_REQ
 *
 * -d is what each client keeps in flight; a worker has up to -g questions for a job under way, one more after each job that it
 * got, and one after it slept; functions are called -F (bench) and a number from 0 on; -u gives each job a unique of its
 * own, counted from -o; -v compares every result with its workload. A workload begins with the number of its job, so latencies are
 * known whatever is in flight; they need workloads of 8 bytes or more. One line of JSON on stdout tells the result. Exit status 1:
 * the server failed or stalled.
 */
#include "line.h"
#include "latencies.h"

enum packet {
  CAN_DO = 1, PRE_SLEEP = 4, NOOP = 6, SUBMIT_JOB = 7, JOB_CREATED = 8, GRAB_JOB = 9, NO_JOB = 10, JOB_ASSIGN = 11,
  WORK_COMPLETE = 13, ECHO_REQ = 16, ECHO_RES = 17, SUBMIT_JOB_BG = 18, ERROR_PACKET = 19
};

enum role { CLIENT, WORKER };
enum { HEADER_BYTES = 12, NAME_BYTES = 80 };

struct settings {
  const char *mode, *function;
  int port, clients, in_flight, workers, grabs, workload_bytes, functions;
  long jobs, first_unique;
  bool is_background, has_uniques, verifies;
  double limit_seconds;
};

static struct settings set = {
  .mode = "echo", .function = "bench", .port = 4730, .clients = 16, .in_flight = 1, .workers = 16, .grabs = 1, .workload_bytes = 64, .functions = 1, .jobs = 100000
};
static long submitted, created, worked, completed, echoed, wrong, measured;
static char *workload;
static float *latencies;
static double *submitted_at; /* by the number of the job, seconds */

static void give_up(const char *what) {
  fprintf(stderr, "gearbench: %s (%s): submitted %ld created %ld worked %ld completed %ld echoed %ld\n", what,
          errno ? strerror(errno) : "no error", submitted, created, worked, completed, echoed);
  exit(1);
}

static void add_header(struct connection *connection, enum packet type, size_t body_bytes) {
  uint32_t header[3];
  memcpy(header, "\0REQ", 4);
  header[1] = htonl((uint32_t)type);
  header[2] = htonl((uint32_t)body_bytes);
  add(connection, header, sizeof header);
}

static bool is_mode(const char *mode) { return strcmp(set.mode, mode) == 0; }

/* Whether a workload has room for its number. */
static bool is_numbered(void) { return set.workload_bytes >= (int)sizeof submitted; }

static void submit(struct connection *client) {
  if (submitted >= set.jobs) return;
  char function[NAME_BYTES], unique[NAME_BYTES] = "";
  int function_bytes = snprintf(function, sizeof function, "%s%ld", set.function, submitted % set.functions) + 1;
  int unique_bytes = 1;
  if (set.has_uniques) unique_bytes = snprintf(unique, sizeof unique, "unique-%ld", set.first_unique + submitted) + 1;
  size_t body_bytes = (size_t)(function_bytes + unique_bytes + set.workload_bytes);
  if (is_numbered()) {
    memcpy(workload, &submitted, sizeof submitted);
    submitted_at[submitted] = now_seconds();
  }
  submitted += 1;
  add_header(client, set.is_background ? SUBMIT_JOB_BG : SUBMIT_JOB, body_bytes);
  add(client, function, (size_t)function_bytes);
  add(client, unique, (size_t)unique_bytes);
  add(client, workload, (size_t)set.workload_bytes);
}

/* Notes the latency of a result, and whether it is that of a job under way. */
static void take_result(const char *body, size_t body_bytes) {
  if (!is_numbered()) return;
  size_t handle_bytes = strlen(body) + 1;
  long number = -1;
  if (body_bytes == handle_bytes + (size_t)set.workload_bytes) memcpy(&number, body + handle_bytes, sizeof number);
  bool is_known = number >= 0 && number < submitted && submitted_at[number] > 0;
  if (!is_known) {
    wrong += 1;
    return;
  }
  size_t rest = (size_t)set.workload_bytes - sizeof number;
  if (set.verifies && memcmp(body + handle_bytes + sizeof number, workload + sizeof number, rest) != 0) wrong += 1;
  latencies[measured++] = (float)(now_seconds() - submitted_at[number]);
  submitted_at[number] = 0;
}

static void client_takes(struct connection *client, uint32_t type, const char *body, size_t body_bytes) {
  if (type == JOB_CREATED) {
    created += 1;
    if (set.is_background) submit(client);
  } else if (type == WORK_COMPLETE) {
    take_result(body, body_bytes);
    completed += 1;
    submit(client);
  } else if (type == ECHO_RES) {
    echoed += 1;
  } else if (type == ERROR_PACKET) {
    fprintf(stderr, "gearbench: ERROR %s\n", body);
    give_up("the server answered ERROR");
  }
}

/* Asks for a job; `number` counts the questions without an answer. */
static void grab(struct connection *worker) {
  worker->number += 1;
  add_header(worker, GRAB_JOB, 0);
}

static void worker_takes(struct connection *worker, uint32_t type, const char *body, size_t body_bytes) {
  if (type == NOOP) {
    grab(worker);
  } else if (type == NO_JOB) {
    worker->number -= 1;
    if (worker->number == 0) add_header(worker, PRE_SLEEP, 0);
  } else if (type == ECHO_RES) {
    echoed += 1;
  } else if (type == JOB_ASSIGN) {
    size_t handle_bytes = strlen(body) + 1;
    size_t data_from = handle_bytes + strlen(body + handle_bytes) + 1;
    worked += 1;
    worker->number -= 1;
    add_header(worker, WORK_COMPLETE, handle_bytes + body_bytes - data_from);
    add(worker, body, handle_bytes);
    add(worker, body + data_from, body_bytes - data_from);
    grab(worker);
    if (worker->number < set.grabs) grab(worker);
  }
}

static void take_answers(struct connection *connection) {
  struct buffer *in = &connection->in;
  while (in->end - in->start >= HEADER_BYTES) {
    uint32_t numbers[2];
    memcpy(numbers, in->bytes + in->start + 4, sizeof numbers);
    size_t body_bytes = ntohl(numbers[1]);
    if (in->end - in->start < HEADER_BYTES + body_bytes) break;
    const char *body = in->bytes + in->start + HEADER_BYTES;
    (connection->role == WORKER ? worker_takes : client_takes)(connection, ntohl(numbers[0]), body, body_bytes);
    in->start += HEADER_BYTES + body_bytes;
  }
}

static long done_count(void) {
  if (is_mode("submit")) return created;
  if (is_mode("idle") || is_mode("work") || is_mode("burst")) return echoed;
  if (is_mode("drain") || set.is_background) return worked;
  return completed;
}

static bool is_done(void) {
  if (is_mode("idle") || is_mode("work")) return echoed >= set.workers;
  if (is_mode("burst")) return echoed >= set.clients;
  if (is_mode("echo") && set.is_background) return worked >= set.jobs && created >= set.jobs;
  return done_count() >= set.jobs;
}

/* Turns the event loop until all is done; true when the time limit came first. */
static bool run(double started_at, double *accepted_at) {
  while (!is_done()) {
    turn();
    if (*accepted_at == 0 && created >= set.jobs) *accepted_at = now_seconds();
    if (set.limit_seconds > 0 && now_seconds() - started_at > set.limit_seconds) return true;
  }
  return false;
}

static void open_workers(void) {
  for (int index = 0; index < set.workers; index++) {
    struct connection *worker = open_connection(set.port, WORKER, false);
    for (int number = 0; number < set.functions; number++) {
      char function[NAME_BYTES];
      int count = snprintf(function, sizeof function, "%s%d", set.function, number);
      add_header(worker, CAN_DO, (size_t)count);
      add(worker, function, (size_t)count);
    }
    watch_line(worker, EPOLL_CTL_ADD, false);
    if (is_mode("drain")) {
      grab(worker);
    } else {
      add_header(worker, PRE_SLEEP, 0);
      add_header(worker, ECHO_REQ, 0);
    }
    flush(worker);
  }
}

static void open_clients(void) {
  for (int index = 0; index < set.clients; index++) {
    struct connection *client = open_connection(set.port, CLIENT, is_mode("burst"));
    if (is_mode("burst")) add_header(client, ECHO_REQ, 0);
    else
      for (int number = 0; number < set.in_flight; number++) submit(client);
    watch_line(client, EPOLL_CTL_ADD, is_mode("burst"));
    if (!is_mode("burst")) flush(client);
  }
}

static void print_result(double seconds, double accepted_seconds, bool is_cut) {
  printf("{\"mode\":\"%s\",\"count\":%ld,\"seconds\":%.6f,\"perSecond\":%.1f,\"wrong\":%ld,\"isCut\":%s", set.mode, done_count(),
         seconds, (double)done_count() / seconds, wrong, is_cut ? "true" : "false");
  print_latencies(latencies, measured);
  if (accepted_seconds > 0) printf(",\"acceptedPerSecond\":%.1f", (double)created / accepted_seconds);
  printf("}\n");
  fflush(stdout);
}

static void read_settings(int count, char **words) {
  int letter;
  while ((letter = getopt(count, words, "p:m:c:d:w:g:n:s:f:F:o:t:ubv")) != -1) {
    switch (letter) {
      case 'p': set.port = atoi(optarg); break;
      case 'm': set.mode = optarg; break;
      case 'c': set.clients = atoi(optarg); break;
      case 'd': set.in_flight = atoi(optarg); break;
      case 'w': set.workers = atoi(optarg); break;
      case 'g': set.grabs = atoi(optarg); break;
      case 'n': set.jobs = atol(optarg); break;
      case 's': set.workload_bytes = atoi(optarg); break;
      case 'f': set.functions = atoi(optarg); break;
      case 'F': set.function = optarg; break;
      case 'o': set.first_unique = atol(optarg); break;
      case 't': set.limit_seconds = atof(optarg); break;
      case 'u': set.has_uniques = true; break;
      case 'b': set.is_background = true; break;
      case 'v': set.verifies = true; break;
      default: exit(2);
    }
  }
  static const char *modes[] = {"echo", "submit", "drain", "work", "idle", "burst"};
  bool is_known = false;
  for (size_t index = 0; index < sizeof modes / sizeof *modes; index++) is_known = is_known || is_mode(modes[index]);
  if (!is_known || set.functions < 1 || (set.verifies && !is_numbered()) || strlen(set.function) > NAME_BYTES / 2) exit(2);
  if (is_mode("submit") || is_mode("burst")) set.workers = 0;
  if (is_mode("drain") || is_mode("idle") || is_mode("work")) set.clients = 0;
  if (is_mode("submit")) set.is_background = true;
}

/* Works on until stdin closes. */
static void work_on(void) {
  struct connection input = {.fd = STDIN_FILENO};
  watch_line(&input, EPOLL_CTL_ADD, false);
  for (;;) {
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(poller, events, EVENTS_MAX, -1);
    for (int index = 0; index < count; index++) {
      if (events[index].data.ptr == &input) return;
      on_event(events[index].data.ptr, events[index].events);
    }
  }
}

int main(int count, char **words) {
  read_settings(count, words);
  open_poller();
  workload = malloc((size_t)set.workload_bytes + 1);
  latencies = calloc((size_t)set.jobs + 1, sizeof *latencies);
  submitted_at = calloc((size_t)set.jobs + 1, sizeof *submitted_at);
  if (workload == NULL || latencies == NULL || submitted_at == NULL) give_up("no memory");
  memset(workload, 'x', (size_t)set.workload_bytes);

  double started_at = now_seconds(), accepted_at = 0;
  open_workers();
  if (is_mode("echo")) { /* all workers sleep before the clock starts */
    while (echoed < set.workers) turn();
    started_at = now_seconds();
  }
  open_clients();
  bool is_cut = run(started_at, &accepted_at);
  print_result(now_seconds() - started_at, set.is_background && accepted_at > 0 ? accepted_at - started_at : 0, is_cut);
  if (is_mode("idle")) while (getchar() != EOF) {}
  if (is_mode("work")) work_on();
  return wrong > 0 ? 1 : 0;
}
