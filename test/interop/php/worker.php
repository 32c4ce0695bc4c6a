<?php
// A worker on pecl gearman whose functions do what the interop tests need; ../README.md says which.

[, $port, $folder, $prefix, $only] = $argv + [4 => ''];

function word(string $bytes): string
{
    global $folder;
    static $files = 0;
    if ($bytes === '') return '.';
    if (strlen($bytes) <= 4096) return bin2hex($bytes);
    $path = $folder . '/php-worker-' . getmypid() . '-' . $files++;
    file_put_contents($path, $bytes);
    return '@' . $path;
}

function tell(GearmanJob $job): void
{
    echo implode(' ', ['job', $job->functionName(), word($job->unique()), word($job->workload())]), "\n";
    flush();
}

function wait_for(string $path): void
{
    for ($turn = 0; $turn < 1000 && !file_exists($path); $turn++) usleep(10000);
}

$functions = [
    'echo' => function (GearmanJob $job) { tell($job); return $job->workload(); },
    'echo.größe' => function (GearmanJob $job) { tell($job); return $job->workload(); },
    'stream' => function (GearmanJob $job) {
        tell($job);
        $job->sendData("one\0");
        $job->sendStatus(1, 4);
        $job->sendWarning("\0careful");
        $job->sendStatus(3, 4);
        $job->sendData('two');
        return 'streamed';
    },
    'hold' => function (GearmanJob $job) {
        tell($job);
        $job->sendStatus(3, 7);
        wait_for($job->workload());
        return 'released';
    },
    'exception' => function (GearmanJob $job) { tell($job); $job->sendException("bo\0om"); },
    'fail' => function (GearmanJob $job) { tell($job); $job->sendFail(); },
];

$worker = new GearmanWorker();
$worker->addServer('127.0.0.1', (int) $port);
$worker->setId("$prefix-worker");
foreach ($functions as $name => $function) {
    if ($only === '' || $only === $name) $worker->addFunction("$prefix.$name", $function);
}
if ($only === '') $worker->addFunction("$prefix.hurry", $functions['hold'], null, 1000);
echo 'echo ', $worker->ping("\0ping") ? 'ok' : 'wrong', "\n";
flush();
while (@$worker->work() || $worker->returnCode() !== GEARMAN_LOST_CONNECTION) continue;
