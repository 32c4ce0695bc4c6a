# A worker on Gearman::Worker whose functions do what the interop tests need; ../README.md says which.
use strict;
use warnings;
use Gearman::Worker;
use Time::HiRes qw(usleep);

my ($port, $folder, $prefix, $only) = @ARGV;
my $files = 0;
$| = 1;
binmode STDOUT;

sub word {
    my ($bytes) = @_;
    return '.' if $bytes eq '';
    return unpack 'H*', $bytes if length $bytes <= 4096;
    my $path = "$folder/perl-worker-$$-" . $files++;
    open my $file, '>:raw', $path or die "$path: $!";
    print $file $bytes;
    close $file;
    return "\@$path";
}

sub tell_job {
    my ($name, $job) = @_;
    print join(' ', 'job', "$prefix.$name", '.', word($job->arg)), "\n";
    return;
}

sub wait_for {
    my ($path) = @_;
    for (1 .. 1000) {
        return if -e $path;
        usleep(10_000);
    }
    return;
}

my $worker = Gearman::Worker->new(job_servers => ["127.0.0.1:$port"], client_id => "$prefix-worker");

my %functions = (
    echo   => sub { return $_[0]->arg },
    'echo.größe' => sub { return $_[0]->arg },
    stream => sub {
        my ($job) = @_;
        $worker->send_work_data($job, "one\0");
        $job->set_status(1, 4);
        $worker->send_work_warning($job, "\0careful");
        $job->set_status(3, 4);
        $worker->send_work_data($job, 'two');
        return 'streamed';
    },
    hold => sub {
        my ($job) = @_;
        $job->set_status(3, 7);
        wait_for($job->arg);
        return 'released';
    },
    exception => sub { $worker->send_work_exception($_[0], "bo\0om"); return },
    fail      => sub { return },
);

for my $name (sort keys %functions) {
    next if $only && $only ne $name;
    my $function = $functions{$name};
    $worker->register_function("$prefix.$name", sub { tell_job($name, $_[0]); return $function->($_[0]) });
}
$worker->register_function("$prefix.hurry", 1000, sub { tell_job('hurry', $_[0]); return $functions{hold}->($_[0]) }) unless $only;

# The library ends its loop by an exception when the server refuses a late result; a worker starts it again.
while (1) {
    eval { $worker->work; 1 } or print "note $@";
}
