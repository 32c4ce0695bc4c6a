<?php
// A client on pecl gearman that does what it is told, line by line; ../README.md says how.

[, $port, $folder] = $argv;

function bytes(string $word): string
{
    if ($word === '.') return '';
    return $word[0] === '@' ? file_get_contents(substr($word, 1)) : hex2bin($word);
}

function word(string $bytes): string
{
    global $folder;
    static $files = 0;
    if ($bytes === '') return '.';
    if (strlen($bytes) <= 4096) return bin2hex($bytes);
    $path = $folder . '/php-client-' . getmypid() . '-' . $files++;
    file_put_contents($path, $bytes);
    return '@' . $path;
}

function say(string ...$words): void
{
    echo implode(' ', $words), "\n";
    flush();
}

function client(): GearmanClient
{
    global $port;
    $client = new GearmanClient();
    $client->addServer('127.0.0.1', (int) $port);
    $client->setCreatedCallback(function (GearmanTask $task) { say('created', word($task->jobHandle())); });
    $client->setDataCallback(function (GearmanTask $task) { say('data', word($task->data())); });
    $client->setWarningCallback(function (GearmanTask $task) { say('warning', word($task->data())); });
    $client->setStatusCallback(function (GearmanTask $task) {
        say('status', (string) $task->taskNumerator(), (string) $task->taskDenominator());
    });
    $client->setCompleteCallback(function (GearmanTask $task) { say('complete', word($task->data())); });
    $client->setExceptionCallback(function (GearmanTask $task) { say('exception', word($task->data())); });
    $client->setFailCallback(function (GearmanTask $task) { say('fail'); });
    return $client;
}

function run(GearmanClient $client, string $priority, string $function, string $unique, string $workload): void
{
    $call = ['high' => 'addTaskHigh', 'normal' => 'addTask', 'low' => 'addTaskLow'][$priority];
    $context = null;
    $client->$call(bytes($function), bytes($workload), $context, bytes($unique));
    if (!@$client->runTasks() && $client->returnCode() === GEARMAN_TIMEOUT) say('timeout');
}

$client = client();

$verbs = [
    'run' => function (string ...$words) use ($client) { run($client, ...$words); },
    'run-exceptions' => function (string ...$words) {
        $other = client();
        $other->enableExceptionHandler();
        run($other, ...$words);
    },
    'run-timeout' => function (string $timeoutMs, string ...$words) {
        $other = client();
        $other->setTimeout((int) $timeoutMs);
        run($other, ...$words);
    },
    'do' => function (string $priority, string $function, string $unique, string $workload) use ($client) {
        $call = ['high' => 'doHigh', 'normal' => 'doNormal', 'low' => 'doLow'][$priority];
        $result = $client->$call(bytes($function), bytes($workload), bytes($unique));
        say('complete', word($result));
    },
    'background' => function (string $priority, string $function, string $unique, string $workload) use ($client) {
        $call = ['high' => 'doHighBackground', 'normal' => 'doBackground', 'low' => 'doLowBackground'][$priority];
        say('created', word($client->$call(bytes($function), bytes($workload), bytes($unique))));
    },
    'status' => function (string $handle) use ($client) {
        say('known', ...array_map(fn ($value) => (string) (int) $value, $client->jobStatus(bytes($handle))));
    },
    // A client of its own: after this call the extension's runTasks() waits for ever, whatever the server is.
    'unique-status' => function (string $unique) {
        say('known', ...array_map(fn ($value) => (string) (int) $value, client()->jobStatusByUniqueKey(bytes($unique))));
    },
    'echo' => function (string $data) use ($client) { say('echo', $client->ping(bytes($data)) ? $data : 'wrong'); },
];

while (($line = fgets(STDIN)) !== false) {
    $words = explode(' ', trim($line));
    $verb = array_shift($words);
    $verbs[$verb](...$words);
    say('end');
}
