<?php
// Tells how similar two words are; a worker as it would be with gearmand.
$worker = new GearmanWorker();
foreach (explode(',', getenv('GEARMAN_SERVERS') ?: '127.0.0.1:4730') as $server) {
    [$host, $port] = explode(':', $server);
    $worker->addServer($host, (int) $port);
}
$worker->addFunction('similarity', function (GearmanJob $job) {
    ['word' => $word, 'among' => $among] = json_decode($job->workload(), true, 8, JSON_THROW_ON_ERROR);
    $percents = [];
    foreach ($among as $index => $other) {
        similar_text($word, $other, $percent);
        $percents[$other] = round($percent);
        $job->sendStatus($index + 1, count($among));
    }
    arsort($percents);
    return json_encode($percents);
});
while ($worker->work());
