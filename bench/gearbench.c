/*
 * A load generator for Gearman job servers on this machine: one thread, epoll, raw packets, one write per connection and read.
 *
 *   gearbench -p port -m mode [-c clients] [-d in flight] [-w workers] [-n jobs] [-s workload bytes] [-f functions]
 *             [-u] [-o first unique] [-b] [-v] [-t limit in seconds]
 *
 * Modes
 *   echo    clients submit, workers give the workload back; with -b the submits are background jobs
 *   submit  clients alone, background jobs; a submit is over with its JOB_CREATED
 *   drain   workers alone, until -n jobs have been worked
 *   idle    -w workers register, sleep and stay until stdin closes
 *   burst   -c connects at once; a connect counts when the server has answered its ECHO_REQ
 *
 * -d is what each client keeps in flight; -u gives each job a unique of its own, counted from -o; -v compares every result with
 * its workload (only with -d 1). One line of JSON on stdout tells the result. Exit status 1: the server failed or stalled.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum packet {
  CAN_DO = 1, PRE_SLEEP = 4, NOOP = 6, SUBMIT_JOB = 7, JOB_CREATED = 8, GRAB_JOB = 9, NO_JOB = 10, JOB_ASSIGN = 11,
  WORK_COMPLETE = 13, ECHO_REQ = 16, ECHO_RES = 17, SUBMIT_JOB_BG = 18, ERROR_PACKET = 19
};

enum { HEADER_BYTES = 12, READ_BYTES = 128 * 1024, EVENTS_MAX = 512, STALL_MS = 30000, NAME_BYTES = 40 };

/* Bytes from `start` to `end` are still to be dealt with. */
struct buffer {
  char *bytes;
  size_t start, end, capacity;
};

struct connection {
  int fd;
  bool is_worker, is_connecting, waits_to_write;
  struct buffer in, out;
  double submitted_at; /* of the latest submit, seconds */
  long number;         /* of the latest submit */
};

struct settings {
  const char *mode;
  int port, clients, in_flight, workers, workload_bytes, functions;
  long jobs, first_unique;
  bool is_background, has_uniques, verifies;
  double limit_seconds;
};

static struct settings set = {
  .mode = "echo", .port = 4730, .clients = 16, .in_flight = 1, .workers = 16, .workload_bytes = 64, .functions = 1, .jobs = 100000
};
static int poller;
static long submitted, created, worked, completed, echoed, wrong;
static char *workload;
static float *latencies;

static void give_up(const char *what) {
  fprintf(stderr, "gearbench: %s (%s): submitted %ld created %ld worked %ld completed %ld echoed %ld\n", what,
          errno ? strerror(errno) : "no error", submitted, created, worked, completed, echoed);
  exit(1);
}

static double now_seconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* Makes room for `count` bytes behind `end`. */
static void reserve(struct buffer *buffer, size_t count) {
  if (buffer->start == buffer->end) buffer->start = buffer->end = 0;
  if (buffer->capacity - buffer->end >= count) return;
  if (buffer->start > 0) {
    memmove(buffer->bytes, buffer->bytes + buffer->start, buffer->end - buffer->start);
    buffer->end -= buffer->start;
    buffer->start = 0;
  }
  if (buffer->capacity - buffer->end >= count) return;
  buffer->capacity = (buffer->end + count) * 2;
  buffer->bytes = realloc(buffer->bytes, buffer->capacity);
  if (buffer->bytes == NULL) give_up("no memory");
}

static void add(struct connection *connection, const void *bytes, size_t count) {
  reserve(&connection->out, count);
  memcpy(connection->out.bytes + connection->out.end, bytes, count);
  connection->out.end += count;
}

static void add_header(struct connection *connection, enum packet type, size_t body_bytes) {
  uint32_t header[3];
  memcpy(header, "\0REQ", 4);
  header[1] = htonl((uint32_t)type);
  header[2] = htonl((uint32_t)body_bytes);
  add(connection, header, sizeof header);
}

static void watch(struct connection *connection, int operation, bool waits_to_write) {
  struct epoll_event event = {.events = EPOLLIN | (waits_to_write ? EPOLLOUT : 0), .data.ptr = connection};
  if (epoll_ctl(poller, operation, connection->fd, &event) != 0) give_up("epoll_ctl");
  connection->waits_to_write = waits_to_write;
}

static void flush(struct connection *connection) {
  struct buffer *out = &connection->out;
  while (out->start < out->end) {
    ssize_t count = write(connection->fd, out->bytes + out->start, out->end - out->start);
    if (count < 0 && errno == EAGAIN) break;
    if (count < 0) give_up("write");
    out->start += (size_t)count;
  }
  bool waits = out->start < out->end;
  if (waits != connection->waits_to_write) watch(connection, EPOLL_CTL_MOD, waits);
}

static struct connection *open_connection(bool is_worker, bool is_at_once) {
  struct connection *connection = calloc(1, sizeof *connection);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)set.port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  connection->is_worker = is_worker;
  connection->fd = socket(AF_INET, SOCK_STREAM | (is_at_once ? SOCK_NONBLOCK : 0), 0);
  if (connection->fd < 0) give_up("socket");
  int one = 1;
  struct linger no_linger = {.l_onoff = 1, .l_linger = 0};
  setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  /* Ends by RST: ten thousand ports in TIME_WAIT would be missed by the next run. */
  setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &no_linger, sizeof no_linger);
  int result = connect(connection->fd, (struct sockaddr *)&address, sizeof address);
  if (result != 0 && !(is_at_once && errno == EINPROGRESS)) give_up("connect");
  fcntl(connection->fd, F_SETFL, O_NONBLOCK);
  connection->is_connecting = is_at_once;
  return connection;
}

static void submit(struct connection *client) {
  if (submitted >= set.jobs) return;
  char function[NAME_BYTES], unique[NAME_BYTES] = "";
  int function_bytes = snprintf(function, sizeof function, "bench%ld", submitted % set.functions) + 1;
  int unique_bytes = 1;
  if (set.has_uniques) unique_bytes = snprintf(unique, sizeof unique, "unique-%ld", set.first_unique + submitted) + 1;
  size_t body_bytes = (size_t)(function_bytes + unique_bytes + set.workload_bytes);
  if (set.verifies) memcpy(workload, &submitted, sizeof submitted);
  client->number = submitted;
  submitted += 1;
  add_header(client, set.is_background ? SUBMIT_JOB_BG : SUBMIT_JOB, body_bytes);
  add(client, function, (size_t)function_bytes);
  add(client, unique, (size_t)unique_bytes);
  add(client, workload, (size_t)set.workload_bytes);
  if (set.in_flight == 1) client->submitted_at = now_seconds();
}

static void client_takes(struct connection *client, uint32_t type, const char *body, size_t body_bytes) {
  if (type == JOB_CREATED) {
    created += 1;
    if (set.is_background) submit(client);
  } else if (type == WORK_COMPLETE) {
    if (set.verifies) {
      size_t handle_bytes = strlen(body) + 1;
      bool is_same = body_bytes == handle_bytes + (size_t)set.workload_bytes &&
                     memcmp(body + handle_bytes, &client->number, sizeof client->number) == 0;
      if (!is_same) wrong += 1;
    }
    if (set.in_flight == 1) latencies[completed] = (float)(now_seconds() - client->submitted_at);
    completed += 1;
    submit(client);
  } else if (type == ECHO_RES) {
    echoed += 1;
  } else if (type == ERROR_PACKET) {
    fprintf(stderr, "gearbench: ERROR %s\n", body);
    give_up("the server answered ERROR");
  }
}

static void worker_takes(struct connection *worker, uint32_t type, const char *body, size_t body_bytes) {
  if (type == NOOP) {
    add_header(worker, GRAB_JOB, 0);
  } else if (type == NO_JOB) {
    add_header(worker, PRE_SLEEP, 0);
  } else if (type == ECHO_RES) {
    echoed += 1;
  } else if (type == JOB_ASSIGN) {
    size_t handle_bytes = strlen(body) + 1;
    size_t data_from = handle_bytes + strlen(body + handle_bytes) + 1;
    worked += 1;
    add_header(worker, WORK_COMPLETE, handle_bytes + body_bytes - data_from);
    add(worker, body, handle_bytes);
    add(worker, body + data_from, body_bytes - data_from);
    add_header(worker, GRAB_JOB, 0);
  }
}

/* Deals with every whole packet that has come in. */
static void take_packets(struct connection *connection) {
  struct buffer *in = &connection->in;
  while (in->end - in->start >= HEADER_BYTES) {
    uint32_t numbers[2];
    memcpy(numbers, in->bytes + in->start + 4, sizeof numbers);
    size_t body_bytes = ntohl(numbers[1]);
    if (in->end - in->start < HEADER_BYTES + body_bytes) break;
    const char *body = in->bytes + in->start + HEADER_BYTES;
    (connection->is_worker ? worker_takes : client_takes)(connection, ntohl(numbers[0]), body, body_bytes);
    in->start += HEADER_BYTES + body_bytes;
  }
}

static void on_event(struct connection *connection, uint32_t events) {
  if (connection->is_connecting) {
    if (events & (EPOLLERR | EPOLLHUP)) give_up("a connect failed");
    connection->is_connecting = false;
  }
  if (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) {
    reserve(&connection->in, READ_BYTES);
    ssize_t count = read(connection->fd, connection->in.bytes + connection->in.end, READ_BYTES);
    if (count == 0) give_up("the server closed a connection");
    if (count < 0 && errno != EAGAIN) give_up("read");
    if (count > 0) {
      connection->in.end += (size_t)count;
      take_packets(connection);
    }
  }
  flush(connection);
}

static bool is_mode(const char *mode) { return strcmp(set.mode, mode) == 0; }

static long done_count(void) {
  if (is_mode("submit")) return created;
  if (is_mode("idle") || is_mode("burst")) return echoed;
  if (is_mode("drain") || set.is_background) return worked;
  return completed;
}

static bool is_done(void) {
  if (is_mode("idle")) return echoed >= set.workers;
  if (is_mode("burst")) return echoed >= set.clients;
  if (is_mode("echo") && set.is_background) return worked >= set.jobs && created >= set.jobs;
  return done_count() >= set.jobs;
}

/* Turns the event loop until all is done; true when the time limit came first. */
static bool run(double started_at, double *accepted_at) {
  struct epoll_event events[EVENTS_MAX];
  while (!is_done()) {
    int count = epoll_wait(poller, events, EVENTS_MAX, STALL_MS);
    if (count == 0) give_up("stalled");
    for (int index = 0; index < count; index++) on_event(events[index].data.ptr, events[index].events);
    if (*accepted_at == 0 && created >= set.jobs) *accepted_at = now_seconds();
    if (set.limit_seconds > 0 && now_seconds() - started_at > set.limit_seconds) return true;
  }
  return false;
}

static void open_workers(void) {
  for (int index = 0; index < set.workers; index++) {
    struct connection *worker = open_connection(true, false);
    for (int number = 0; number < set.functions; number++) {
      char function[NAME_BYTES];
      int count = snprintf(function, sizeof function, "bench%d", number);
      add_header(worker, CAN_DO, (size_t)count);
      add(worker, function, (size_t)count);
    }
    watch(worker, EPOLL_CTL_ADD, false);
    add_header(worker, is_mode("drain") ? GRAB_JOB : PRE_SLEEP, 0);
    if (!is_mode("drain")) add_header(worker, ECHO_REQ, 0);
    flush(worker);
  }
}

static void open_clients(void) {
  for (int index = 0; index < set.clients; index++) {
    struct connection *client = open_connection(false, is_mode("burst"));
    if (is_mode("burst")) add_header(client, ECHO_REQ, 0);
    else
      for (int number = 0; number < set.in_flight; number++) submit(client);
    watch(client, EPOLL_CTL_ADD, is_mode("burst"));
    if (!is_mode("burst")) flush(client);
  }
}

static int by_value(const void *left, const void *right) {
  float first = *(const float *)left, second = *(const float *)right;
  return (first > second) - (first < second);
}

static void print_result(double seconds, double accepted_seconds, bool is_cut) {
  printf("{\"mode\":\"%s\",\"count\":%ld,\"seconds\":%.6f,\"perSecond\":%.1f,\"wrong\":%ld,\"isCut\":%s", set.mode, done_count(),
         seconds, (double)done_count() / seconds, wrong, is_cut ? "true" : "false");
  if (set.in_flight == 1 && completed > 0) {
    qsort(latencies, (size_t)completed, sizeof *latencies, by_value);
    printf(",\"medianUs\":%.1f,\"p99Us\":%.1f", latencies[completed / 2] * 1e6, latencies[completed * 99 / 100] * 1e6);
  }
  if (accepted_seconds > 0) printf(",\"acceptedPerSecond\":%.1f", (double)created / accepted_seconds);
  printf("}\n");
  fflush(stdout);
}

static void read_settings(int count, char **words) {
  int letter;
  while ((letter = getopt(count, words, "p:m:c:d:w:n:s:f:o:t:ubv")) != -1) {
    switch (letter) {
      case 'p': set.port = atoi(optarg); break;
      case 'm': set.mode = optarg; break;
      case 'c': set.clients = atoi(optarg); break;
      case 'd': set.in_flight = atoi(optarg); break;
      case 'w': set.workers = atoi(optarg); break;
      case 'n': set.jobs = atol(optarg); break;
      case 's': set.workload_bytes = atoi(optarg); break;
      case 'f': set.functions = atoi(optarg); break;
      case 'o': set.first_unique = atol(optarg); break;
      case 't': set.limit_seconds = atof(optarg); break;
      case 'u': set.has_uniques = true; break;
      case 'b': set.is_background = true; break;
      case 'v': set.verifies = true; break;
      default: exit(2);
    }
  }
  bool is_known = is_mode("echo") || is_mode("submit") || is_mode("drain") || is_mode("idle") || is_mode("burst");
  bool can_verify = set.in_flight == 1 && set.workload_bytes >= (int)sizeof(long);
  if (!is_known || set.functions < 1 || (set.verifies && !can_verify)) exit(2);
  if (is_mode("submit") || is_mode("burst")) set.workers = 0;
  if (is_mode("drain") || is_mode("idle")) set.clients = 0;
  if (is_mode("submit")) set.is_background = true;
}

int main(int count, char **words) {
  read_settings(count, words);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  poller = epoll_create1(0);
  workload = malloc((size_t)set.workload_bytes + 1);
  latencies = calloc((size_t)set.jobs + 1, sizeof *latencies);
  if (workload == NULL || latencies == NULL) give_up("no memory");
  memset(workload, 'x', (size_t)set.workload_bytes);

  double started_at = now_seconds(), accepted_at = 0;
  open_workers();
  if (is_mode("echo")) { /* all workers sleep before the clock starts */
    struct epoll_event events[EVENTS_MAX];
    while (echoed < set.workers) {
      int ready = epoll_wait(poller, events, EVENTS_MAX, STALL_MS);
      if (ready == 0) give_up("stalled before the start");
      for (int index = 0; index < ready; index++) on_event(events[index].data.ptr, events[index].events);
    }
    started_at = now_seconds();
  }
  open_clients();
  bool is_cut = run(started_at, &accepted_at);
  print_result(now_seconds() - started_at, set.is_background && accepted_at > 0 ? accepted_at - started_at : 0, is_cut);
  if (is_mode("idle")) while (getchar() != EOF) {}
  return wrong > 0 ? 1 : 0;
}
