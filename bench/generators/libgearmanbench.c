/*
 * A client or a worker of libgearman under load.
 *
 *   libgearmanbench -p port -m mode -F function [-d in flight] [-n jobs] [-s workload bytes] [-a warm-up, seconds] [-t seconds]
 *
 * Modes
 *   echo    foreground jobs: with -d 1 gearman_client_do, with more that many gearman_client_add_task and one run_tasks for all
 *   submit  background jobs: gearman_client_do_background, or add_task_background and run_tasks
 *   work    one worker gives workloads back, until -n jobs are worked or the time is over
 *
 * Jobs count from the end of the warm-up on, until the time is over. One line of JSON on stdout tells the result.
 */
#include <libgearman/gearman.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include "latencies.h"

enum { IN_FLIGHT_MAX = 1024, LATENCIES_MAX = 10000000 };

static const char *mode = "echo", *function = "bench0";
static int port = 4730, in_flight = 1, workload_bytes = 64;
static long jobs = 1000000;
static double warm_seconds = 0.4, seconds = 1.2;

static char *workload;
static float *latencies;
static long counted, worked, worked_before;
static double count_from, end_at, worked_at;

static double now_seconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static bool is_mode(const char *name) { return strcmp(mode, name) == 0; }

static void give_up(const char *what, const char *why) {
  fprintf(stderr, "libgearmanbench: %s: %s\n", what, why == NULL ? "no reason given" : why);
  exit(1);
}

static void count_one(double started_at) {
  double now = now_seconds();
  if (now < count_from || now > end_at || counted == LATENCIES_MAX) return;
  latencies[counted++] = (float)(now - started_at);
}

static gearman_return_t on_complete(gearman_task_st *job) {
  if (gearman_task_data_size(job) != (size_t)workload_bytes) give_up("complete", "a result of another size");
  count_one(*(double *)gearman_task_context(job));
  return GEARMAN_SUCCESS;
}

static gearman_return_t on_created(gearman_task_st *job) {
  count_one(*(double *)gearman_task_context(job));
  return GEARMAN_SUCCESS;
}

static gearman_return_t on_fail(gearman_task_st *job) {
  give_up("a job failed", gearman_task_job_handle(job));
  return GEARMAN_SUCCESS;
}

/* One job, and the wait for it. */
static void do_one(gearman_client_st *client) {
  gearman_return_t code;
  double started_at = now_seconds();
  if (is_mode("submit")) {
    char handle[GEARMAN_JOB_HANDLE_SIZE];
    code = gearman_client_do_background(client, function, NULL, workload, (size_t)workload_bytes, handle);
  } else {
    size_t result_bytes;
    void *result = gearman_client_do(client, function, NULL, workload, (size_t)workload_bytes, &result_bytes, &code);
    if (gearman_success(code) && result_bytes != (size_t)workload_bytes) give_up("do", "a result of another size");
    free(result);
  }
  if (gearman_failed(code)) give_up("do", gearman_client_error(client));
  count_one(started_at);
}

/* As many jobs as are to be in flight, and the wait for all of them. */
static void do_many(gearman_client_st *client) {
  static double started_at[IN_FLIGHT_MAX];
  for (int index = 0; index < in_flight; index++) {
    gearman_return_t code;
    started_at[index] = now_seconds();
    if (is_mode("submit"))
      gearman_client_add_task_background(client, NULL, &started_at[index], function, NULL, workload, (size_t)workload_bytes, &code);
    else gearman_client_add_task(client, NULL, &started_at[index], function, NULL, workload, (size_t)workload_bytes, &code);
    if (gearman_failed(code)) give_up("add_task", gearman_client_error(client));
  }
  if (gearman_failed(gearman_client_run_tasks(client))) give_up("run_tasks", gearman_client_error(client));
  gearman_client_task_free_all(client);
}

static void run_client(void) {
  gearman_client_st *client = gearman_client_create(NULL);
  if (gearman_failed(gearman_client_add_server(client, "127.0.0.1", (in_port_t)port))) give_up("add_server", NULL);
  if (is_mode("submit")) gearman_client_set_created_fn(client, on_created);
  else gearman_client_set_complete_fn(client, on_complete);
  gearman_client_set_fail_fn(client, on_fail);
  while (now_seconds() < end_at) (in_flight == 1 ? do_one : do_many)(client);
  gearman_client_free(client);
}

static gearman_return_t echo(gearman_job_st *job, void *context) {
  (void)context;
  worked += 1;
  worked_at = now_seconds();
  if (worked_before < 0 && worked_at >= count_from) {
    worked_before = worked;
    count_from = worked_at;
  }
  gearman_return_t code = gearman_job_send_complete(job, gearman_job_workload(job), gearman_job_workload_size(job));
  return gearman_failed(code) ? GEARMAN_ERROR : GEARMAN_SUCCESS;
}

static void run_worker(void) {
  gearman_worker_st *worker = gearman_worker_create(NULL);
  if (gearman_failed(gearman_worker_add_server(worker, "127.0.0.1", (in_port_t)port))) give_up("add_server", NULL);
  gearman_function_t worker_function = gearman_function_create(echo);
  if (gearman_failed(gearman_worker_define_function(worker, function, strlen(function), worker_function, 0, NULL)))
    give_up("define_function", gearman_worker_error(worker));
  worked_before = -1;
  while (worked < jobs && now_seconds() < end_at) {
    if (gearman_failed(gearman_worker_work(worker))) give_up("work", gearman_worker_error(worker));
  }
  counted = worked_before < 0 ? 0 : worked - worked_before;
  end_at = worked_at;
  gearman_worker_free(worker);
}

int main(int count, char **words) {
  int letter;
  while ((letter = getopt(count, words, "p:m:F:d:n:s:a:t:")) != -1) {
    switch (letter) {
      case 'p': port = atoi(optarg); break;
      case 'm': mode = optarg; break;
      case 'F': function = optarg; break;
      case 'd': in_flight = atoi(optarg); break;
      case 'n': jobs = atol(optarg); break;
      case 's': workload_bytes = atoi(optarg); break;
      case 'a': warm_seconds = atof(optarg); break;
      case 't': seconds = atof(optarg); break;
      default: return 2;
    }
  }
  if (in_flight < 1 || in_flight > IN_FLIGHT_MAX) return 2;
  workload = malloc((size_t)workload_bytes + 1);
  latencies = calloc(LATENCIES_MAX, sizeof *latencies);
  if (workload == NULL || latencies == NULL) give_up("no memory", NULL);
  memset(workload, 'x', (size_t)workload_bytes);
  count_from = now_seconds() + warm_seconds;
  end_at = count_from + seconds;
  if (is_mode("work")) run_worker();
  else run_client();
  double taken = end_at - count_from;
  printf("{\"mode\":\"%s\",\"count\":%ld,\"seconds\":%.6f,\"perSecond\":%.1f", mode, counted, taken, taken > 0 ? (double)counted / taken : 0);
  if (!is_mode("work")) print_latencies(latencies, counted);
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf(",\"residentBytes\":%ld}\n", usage.ru_maxrss * 1024);
  return 0;
}
