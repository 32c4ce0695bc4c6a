/* A worker on libgearman whose functions do what the interop tests need; ../README.md says which. */
#include "words.h"
#include <libgearman/gearman.h>

#define LOOK_EVERY_US 10000
#define LOOKS_MAX 1000

static void tell(gearman_job_st *job) {
  const char *unique = gearman_job_unique(job);
  printf("job %s", gearman_job_function_name(job));
  print_word(unique, strlen(unique));
  print_word(gearman_job_workload(job), gearman_job_workload_size(job));
  puts("");
}

static gearman_return_t run_echo(gearman_job_st *job, void *context) {
  (void)context;
  tell(job);
  return gearman_job_send_complete(job, gearman_job_workload(job), gearman_job_workload_size(job));
}

static gearman_return_t run_stream(gearman_job_st *job, void *context) {
  (void)context;
  tell(job);
  gearman_job_send_data(job, "one", 4);
  gearman_job_send_status(job, 1, 4);
  gearman_job_send_warning(job, "\0careful", 8);
  gearman_job_send_status(job, 3, 4);
  gearman_job_send_data(job, "two", 3);
  return gearman_job_send_complete(job, "streamed", 8);
}

static gearman_return_t run_hold(gearman_job_st *job, void *context) {
  char path[4096];
  (void)context;
  tell(job);
  gearman_job_send_status(job, 3, 7);
  snprintf(path, sizeof path, "%.*s", (int)gearman_job_workload_size(job), (const char *)gearman_job_workload(job));
  for (int look = 0; look < LOOKS_MAX && access(path, F_OK); look++) usleep(LOOK_EVERY_US);
  gearman_job_send_complete(job, "released", 8);
  return GEARMAN_SUCCESS;
}

static gearman_return_t run_exception(gearman_job_st *job, void *context) {
  (void)context;
  tell(job);
  return gearman_job_send_exception(job, "bo\0om", 5);
}

static gearman_return_t run_fail(gearman_job_st *job, void *context) {
  (void)context;
  tell(job);
  return gearman_job_send_fail(job);
}

/* Each byte of the workload is a job for the reducer. */
static gearman_return_t split(gearman_job_st *job, void *context) {
  const char *workload = gearman_job_workload(job);
  (void)context;
  tell(job);
  for (size_t at = 0; at < gearman_job_workload_size(job); at++) gearman_job_send_data(job, workload + at, 1);
  return GEARMAN_SUCCESS;
}

static gearman_return_t join(gearman_aggregator_st *aggregator, gearman_task_st *task, gearman_result_st *result) {
  (void)aggregator;
  char joined[SHORT_BYTES_MAX];
  size_t size = 0;
  for (; task; task = gearman_next(task)) {
    gearman_result_st *part = gearman_task_result(task);
    size_t part_size = part ? gearman_result_size(part) : 0;
    if (part_size > sizeof joined - size) return GEARMAN_ERROR;
    if (part_size) memcpy(joined + size, gearman_result_value(part), part_size);
    size += part_size;
  }
  return gearman_result_store_value(result, joined, size);
}

int main(int count, char **args) {
  static const struct {
    const char *name;
    gearman_function_fn *run;
    uint32_t timeout;
  } functions[] = {{"echo", run_echo, 0}, {"echo.größe", run_echo, 0}, {"stream", run_stream, 0}, {"hold", run_hold, 0},
                   {"exception", run_exception, 0}, {"fail", run_fail, 0}, {"hurry", run_hold, 1000}};
  char name[512];
  if (count < 4) die("usage: worker PORT FOLDER PREFIX [ONLY]");
  const char *prefix = args[3], *only = count > 4 ? args[4] : NULL;
  words_folder = args[2];
  setvbuf(stdout, NULL, _IOLBF, 0);
  gearman_worker_st *worker = gearman_worker_create(NULL);
  if (!worker || gearman_failed(gearman_worker_add_server(worker, "127.0.0.1", (in_port_t)atoi(args[1])))) die("no worker");
  gearman_worker_add_options(worker, GEARMAN_WORKER_GRAB_ALL);
  snprintf(name, sizeof name, "%s-worker", prefix);
  gearman_worker_set_identifier(worker, name, strlen(name));
  for (size_t at = 0; at < sizeof functions / sizeof *functions; at++) {
    if (only && strcmp(only, functions[at].name)) continue;
    snprintf(name, sizeof name, "%s.%s", prefix, functions[at].name);
    gearman_worker_define_function(worker, name, strlen(name), gearman_function_create_v2(functions[at].run),
                                   functions[at].timeout, NULL);
  }
  if (!only) {
    snprintf(name, sizeof name, "%s.split", prefix);
    gearman_worker_define_function(worker, name, strlen(name), gearman_function_create_partition(split, join), 0, NULL);
  }
  printf("echo %s\n", gearman_success(gearman_worker_echo(worker, "\0ping", 5)) ? "ok" : "wrong");
  while (gearman_worker_work(worker) != GEARMAN_LOST_CONNECTION) continue;
  return 0;
}
