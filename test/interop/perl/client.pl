# A client on Gearman::Client that does what it is told, line by line; ../README.md says how.
use strict;
use warnings;
use Gearman::Client;

my ($port, $folder) = @ARGV;
my $files = 0;
$| = 1;
binmode STDIN;
binmode STDOUT;

sub bytes {
    my ($word) = @_;
    return '' if $word eq '.';
    return pack 'H*', $word unless $word =~ s/^@//;
    open my $file, '<:raw', $word or die "$word: $!";
    local $/;
    return scalar <$file>;
}

sub word {
    my ($bytes) = @_;
    return '.' if $bytes eq '';
    return unpack 'H*', $bytes if length $bytes <= 4096;
    my $path = "$folder/perl-client-$$-" . $files++;
    open my $file, '>:raw', $path or die "$path: $!";
    print $file $bytes;
    close $file;
    return "\@$path";
}

sub say_words { print join(' ', @_), "\n"; return }

sub client { return Gearman::Client->new(job_servers => ["127.0.0.1:$port"], @_) }

sub options {
    my ($priority, $unique) = @_;
    return { priority => $priority, uniq => bytes($unique) };
}

sub run {
    my ($client, $timeout_s, $priority, $function, $unique, $workload) = @_;
    my $options = {
        %{ options($priority, $unique) },
        on_data      => sub { say_words('data', word(${ $_[0] })) },
        on_warning   => sub { say_words('warning', word(${ $_[0] })) },
        on_status    => sub { say_words('status', @_) },
        on_complete  => sub { say_words('complete', word(${ $_[0] })) },
        on_exception => sub { say_words('exception', word($_[0])) },
        on_fail      => sub { say_words(($_[0] // '') =~ /timeout/ ? 'timeout' : 'fail') },
    };
    my $set = $client->new_task_set;
    my $handle = $set->add_task(bytes($function), \bytes($workload), $options);
    say_words('created', word($handle =~ s{^.*//}{}r));
    $set->wait(defined $timeout_s ? (timeout => $timeout_s) : ());
    return;
}

my $client = client();

my %verbs = (
    'run'            => sub { run($client, undef, @_) },
    'run-exceptions' => sub { run(client(exceptions => 1), undef, @_) },
    'run-timeout'    => sub { my $timeout_ms = shift; run(client(), $timeout_ms / 1000, @_) },
    'do'             => sub {
        my ($priority, $function, $unique, $workload) = @_;
        my $result = $client->do_task(bytes($function), \bytes($workload), options($priority, $unique));
        say_words(defined $result ? ('complete', word($$result)) : 'fail');
    },
    'background' => sub {
        my ($priority, $function, $unique, $workload) = @_;
        my $handle = $client->dispatch_background(bytes($function), \bytes($workload), options($priority, $unique));
        say_words('created', word($handle =~ s{^.*//}{}r));
    },
    'status' => sub {
        my $status = $client->get_status("127.0.0.1:$port//" . bytes($_[0]));
        my $progress = $status->progress // [0, 0];
        say_words('known', $status->known, $status->running, @$progress);
    },
    'admin' => sub {
        my $functions = $client->get_job_server_status()->{"127.0.0.1:$port"} // {};
        say_words('function', $_, @{ $functions->{$_} }{qw(queued running capable)}) for sort keys %$functions;
    },
);

while (my $line = <STDIN>) {
    my ($verb, @words) = split ' ', $line;
    $verbs{$verb}->(@words);
    say_words('end');
}
