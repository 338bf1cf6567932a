# A Request Tracker for tests: all it has is in one directory, and its e-mail goes into files there.
my $directory = $ENV{FLOWPILOT_RT_DIRECTORY};
my $port = $ENV{FLOWPILOT_RT_PORT};

Set($rtname, 'desk.example');
Set($Organization, 'desk.example');
Set($Timezone, 'UTC');
Set($WebDomain, '127.0.0.1');
Set($WebPort, $port);
Set($WebPath, '');
Set($WebBaseURL, "http://127.0.0.1:$port");
Set($DatabaseType, 'SQLite');
Set($DatabaseName, "$directory/rt.sqlite3");
Set($MailCommand, 'mbox');
Set($SendmailPath, '/bin/false');
Set($WebSessionClass, 'Apache::Session::File');
Set($LogToSTDERR, 'error');
Set($LogToSyslog, undef);
Set($LogToFile, undef);
# Every request checks the hash of its token, which is to take long for people.
Set($BcryptCost, 4);
Set(%Lifecycles,
    projects => {
        type        => 'ticket',
        initial     => ['todo'],
        active      => ['doing'],
        inactive    => ['done', 'deleted'],
        defaults    => { on_create => 'todo', on_merge => 'done' },
        transitions => {
            ''    => ['todo'],
            todo  => ['doing', 'done', 'deleted'],
            doing => ['todo', 'done', 'deleted'],
            done  => ['doing', 'deleted'],
        },
        rights  => { '* -> *' => 'ModifyTicket' },
        actions => ['todo -> doing' => { label => 'Start' }, 'doing -> done' => { label => 'Finish' }],
    },
);
$RT::MasonDataDir = "$directory/mason";
$RT::MasonSessionDir = "$directory/session";
$RT::VarPath = "$directory/var";
1;
