/* A client on libgearman that does what it is told, line by line; ../README.md says how. */
#include "words.h"
#include <libgearman/gearman.h>

static in_port_t port;

static gearman_return_t on_created(gearman_task_st *task) {
  printf("created");
  print_word(gearman_task_job_handle(task), strlen(gearman_task_job_handle(task)));
  puts("");
  return GEARMAN_SUCCESS;
}

static gearman_return_t print_data(const char *what, gearman_task_st *task) {
  printf("%s", what);
  print_word(gearman_task_data(task), gearman_task_data_size(task));
  puts("");
  return GEARMAN_SUCCESS;
}

static gearman_return_t on_data(gearman_task_st *task) { return print_data("data", task); }
static gearman_return_t on_warning(gearman_task_st *task) { return print_data("warning", task); }
static gearman_return_t on_complete(gearman_task_st *task) { return print_data("complete", task); }
static gearman_return_t on_exception(gearman_task_st *task) { return print_data("exception", task); }

static gearman_return_t on_status(gearman_task_st *task) {
  printf("status %u %u\n", gearman_task_numerator(task), gearman_task_denominator(task));
  return GEARMAN_SUCCESS;
}

static gearman_return_t on_fail(gearman_task_st *task) {
  (void)task;
  puts("fail");
  return GEARMAN_SUCCESS;
}

static gearman_client_st *new_client(void) {
  gearman_client_st *client = gearman_client_create(NULL);
  if (!client || gearman_failed(gearman_client_add_server(client, "127.0.0.1", port))) die("no client");
  gearman_client_set_created_fn(client, on_created);
  gearman_client_set_data_fn(client, on_data);
  gearman_client_set_warning_fn(client, on_warning);
  gearman_client_set_status_fn(client, on_status);
  gearman_client_set_complete_fn(client, on_complete);
  gearman_client_set_exception_fn(client, on_exception);
  gearman_client_set_fail_fn(client, on_fail);
  return client;
}

/* run PRIORITY FUNCTION UNIQUE WORKLOAD */
static void run(gearman_client_st *client, char **words) {
  struct bytes function = read_word(words[1]), unique = read_word(words[2]), workload = read_word(words[3]);
  gearman_return_t code;
  gearman_task_st *(*add)(gearman_client_st *, gearman_task_st *, void *, const char *, const char *, const void *, size_t,
                          gearman_return_t *) = gearman_client_add_task;
  if (!strcmp(words[0], "high")) add = gearman_client_add_task_high;
  if (!strcmp(words[0], "low")) add = gearman_client_add_task_low;
  add(client, NULL, NULL, function.data, unique.data, workload.data, workload.size, &code);
  code = gearman_client_run_tasks(client);
  if (code == GEARMAN_TIMEOUT) puts("timeout");
  gearman_client_task_free_all(client);
}

/* do PRIORITY FUNCTION UNIQUE WORKLOAD */
static void do_job(gearman_client_st *client, char **words) {
  struct bytes function = read_word(words[1]), unique = read_word(words[2]), workload = read_word(words[3]);
  gearman_return_t code;
  size_t size;
  void *(*call)(gearman_client_st *, const char *, const char *, const void *, size_t, size_t *, gearman_return_t *) =
      gearman_client_do;
  if (!strcmp(words[0], "high")) call = gearman_client_do_high;
  if (!strcmp(words[0], "low")) call = gearman_client_do_low;
  gearman_client_clear_fn(client);
  void *result = call(client, function.data, unique.data, workload.data, workload.size, &size, &code);
  printf("%s", code == GEARMAN_SUCCESS ? "complete" : gearman_strerror(code));
  print_word(result, size);
  puts("");
  free(result);
}

/* background PRIORITY FUNCTION UNIQUE WORKLOAD */
static void background(gearman_client_st *client, char **words) {
  struct bytes function = read_word(words[1]), unique = read_word(words[2]), workload = read_word(words[3]);
  gearman_job_handle_t handle;
  gearman_return_t (*call)(gearman_client_st *, const char *, const char *, const void *, size_t, gearman_job_handle_t) =
      gearman_client_do_background;
  if (!strcmp(words[0], "high")) call = gearman_client_do_high_background;
  if (!strcmp(words[0], "low")) call = gearman_client_do_low_background;
  gearman_return_t code = call(client, function.data, unique.data, workload.data, workload.size, handle);
  printf("%s", code == GEARMAN_SUCCESS ? "created" : gearman_strerror(code));
  print_word(handle, strlen(handle));
  puts("");
}

/* epoch SECONDS FUNCTION UNIQUE WORKLOAD; reduce REDUCER FUNCTION UNIQUE WORKLOAD */
static void execute(gearman_client_st *client, char **words, bool is_reduce) {
  struct bytes function = read_word(words[1]), unique = read_word(words[2]), workload = read_word(words[3]);
  gearman_argument_t argument = gearman_argument_make(NULL, 0, workload.data, workload.size);
  gearman_task_st *task;
  if (is_reduce) {
    struct bytes reducer = read_word(words[0]);
    task = gearman_execute_by_partition(client, function.data, function.size, reducer.data, reducer.size, unique.data,
                                        unique.size, NULL, &argument, NULL);
  } else {
    gearman_task_attr_t attributes = gearman_task_attr_init_epoch((time_t)atol(words[0]), GEARMAN_JOB_PRIORITY_NORMAL);
    task = gearman_execute(client, function.data, function.size, unique.data, unique.size, &attributes, &argument, NULL);
  }
  if (!task) {
    printf("error %s\n", gearman_client_error(client));
    return;
  }
  if (!is_reduce) on_created(task);
  if (is_reduce && gearman_success(gearman_task_return(task))) {
    gearman_result_st *result = gearman_task_result(task);
    printf("result");
    print_word(gearman_result_value(result), gearman_result_size(result));
    puts("");
  }
  gearman_task_free(task);
}

static void status(gearman_client_st *client, const char *word, bool is_unique) {
  struct bytes name = read_word(word);
  if (is_unique) {
    gearman_status_t found = gearman_client_unique_status(client, name.data, name.size);
    printf("known %d %d %u %u\n", gearman_status_is_known(found), gearman_status_is_running(found),
           gearman_status_numerator(found), gearman_status_denominator(found));
    return;
  }
  bool known, running;
  uint32_t numerator, denominator;
  gearman_client_job_status(client, name.data, &known, &running, &numerator, &denominator);
  printf("known %d %d %u %u\n", known, running, numerator, denominator);
}

static void play(char **words) {
  gearman_client_st *client = new_client();
  const char *verb = words[0];
  if (!strcmp(verb, "run")) run(client, words + 1);
  else if (!strcmp(verb, "do")) do_job(client, words + 1);
  else if (!strcmp(verb, "background")) background(client, words + 1);
  else if (!strcmp(verb, "status")) status(client, words[1], false);
  else if (!strcmp(verb, "unique-status")) status(client, words[1], true);
  else if (!strcmp(verb, "epoch")) execute(client, words + 1, false);
  else if (!strcmp(verb, "reduce")) execute(client, words + 1, true);
  else if (!strcmp(verb, "run-exceptions")) {
    if (!gearman_client_set_server_option(client, "exceptions", strlen("exceptions"))) die("no option");
    run(client, words + 1);
  } else if (!strcmp(verb, "run-timeout")) {
    gearman_client_set_timeout(client, atoi(words[1]));
    run(client, words + 2);
  } else if (!strcmp(verb, "run-identified")) {
    gearman_client_set_identifier(client, words[1], strlen(words[1]));
    run(client, words + 2);
  } else if (!strcmp(verb, "echo")) {
    struct bytes data = read_word(words[1]);
    printf("echo %s\n", gearman_success(gearman_client_echo(client, data.data, data.size)) ? words[1] : "wrong");
  } else die(verb);
  gearman_client_free(client);
}

int main(int count, char **args) {
  char *line = NULL;
  size_t room = 0;
  if (count < 3) die("usage: client PORT FOLDER");
  port = (in_port_t)atoi(args[1]);
  words_folder = args[2];
  setvbuf(stdout, NULL, _IOLBF, 0);
  while (getline(&line, &room, stdin) > 0) {
    char *words[WORDS_MAX] = {0}, *rest = NULL;
    int words_count = 0;
    for (char *word = strtok_r(line, " \n", &rest); word && words_count < WORDS_MAX; word = strtok_r(NULL, " \n", &rest))
      words[words_count++] = word;
    play(words);
    puts("end");
  }
  return 0;
}
