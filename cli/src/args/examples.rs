//! The examples and the exit codes that `--help` ends with.

pub(crate) const ABOUT: &str = "\
Looks into a log of Annals, and after its projections.

It works on any store and any application's log, and knows nothing of its types. Say which log with --store \
or in ANNALS_STORE.";

pub(crate) const ALL: &str = "\
Exit codes:
  0    done
  1    refused, or a check found something
  2    asked for in a way that makes no sense
  3    the store cannot be opened or reached
  4    not in time: nobody answered, or it took too long
  130  interrupted

Examples:
  export ANNALS_STORE=sqlite://data/bank.db
  annals info
  annals tail --follow --type money-deposited
  annals projections rebuild balance
  annals verify && annals export backup.ndjson";

pub(crate) const INFO: &str = "\
Examples:
  annals info --store sqlite://data/bank.db
  annals info --quick --json";

pub(crate) const STREAMS: &str = "\
Examples:
  annals streams
  annals streams --category account --json";

pub(crate) const READ: &str = "\
Examples:
  annals read account:ada
  annals read account:ada --after 12 --full
  annals read account:ada --as-of 2026-03-01T12:00:00Z
  annals read account:ada --as-of 1500 --json";

pub(crate) const TAIL: &str = "\
Examples:
  annals tail
  annals tail --follow
  annals tail --type money-deposited --type money-withdrawn --after 1500 --json";

pub(crate) const TRACE: &str = "\
Examples:
  annals trace 0191e7c4-5a2b-7c3d-8e4f-5a6b7c8d9e0f";

pub(crate) const STATS: &str = "\
Examples:
  annals stats
  annals stats --by day --json";

pub(crate) const VERIFY: &str = "\
Examples:
  annals verify && echo fine";

pub(crate) const PROJECTIONS: &str = "\
Examples:
  annals projections list
  annals projections rebuild balance
  annals projections wait balance 1500 --patience 60";

pub(crate) const STATUS: &str = "\
Examples:
  annals projections status balance";

pub(crate) const PAUSE: &str = "\
Examples:
  annals projections pause balance";

pub(crate) const RESUME: &str = "\
Examples:
  annals projections resume balance";

pub(crate) const REBUILD: &str = "\
Examples:
  annals projections rebuild balance
  annals projections rebuild balance --detach";

pub(crate) const CANCEL: &str = "\
Examples:
  annals projections cancel balance --yes";

pub(crate) const WAIT: &str = "\
Examples:
  annals projections wait balance 1500
  annals projections wait balance head --patience 60";

pub(crate) const WITHDRAW: &str = "\
Examples:
  annals projections withdraw balance --dry-run
  annals projections withdraw balance --yes";

pub(crate) const HISTORY: &str = "\
Examples:
  annals projections history balance --json";

pub(crate) const COMPARE: &str = "\
Examples:
  annals projections compare balance";

pub(crate) const PARKED: &str = "\
Examples:
  annals parked list
  annals parked show balance account:ada
  annals parked replay balance --dry-run
  annals parked discard balance account:ada --reason 'entered by mistake'";

pub(crate) const PARKED_LIST: &str = "\
Examples:
  annals parked list
  annals parked list balance --json";

pub(crate) const PARKED_SHOW: &str = "\
Examples:
  annals parked show balance account:ada";

pub(crate) const REPLAY: &str = "\
Examples:
  annals parked replay balance --dry-run
  annals parked replay balance
  annals parked replay balance account:ada account:bob";

pub(crate) const DISCARD: &str = "\
Examples:
  annals parked discard balance account:ada --reason 'entered by mistake' --dry-run
  annals parked discard balance account:ada --reason 'entered by mistake' --yes";

pub(crate) const MIGRATE: &str = "\
Examples:
  annals migrate --store sqlite://data/bank.db
  annals migrate --dry-run
  annals migrate --print --store 'postgres://db/bank?schema=bank' | psql bank";

pub(crate) const EXPORT: &str = "\
Examples:
  annals export backup.ndjson
  annals export backup.ndjson --resume
  annals export | gzip > backup.ndjson.gz";

pub(crate) const IMPORT: &str = "\
Examples:
  annals import backup.ndjson --store postgres://db/bank
  gunzip -c backup.ndjson.gz | annals import --store sqlite://copy.db";

pub(crate) const COMPLETIONS: &str = "\
Examples:
  annals completions bash > /etc/bash_completion.d/annals
  annals completions zsh > ~/.zfunc/_annals";
