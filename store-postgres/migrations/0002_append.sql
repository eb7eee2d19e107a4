-- Records many appends at once: each of them whole, or not at all.
--
-- An append has parts, one for each stream that it writes or only checks, and a part has events.
-- Within one call no two appends have a stream or an event id in common, so none depends on another.
--
-- Recorded are the appends of which every part is met and no event is known. Their events stand
-- together, in the order given. Of all others the answer says what is in their way.
CREATE FUNCTION append(
    -- For each part:
    _append   integer[],     -- which append it belongs to
    _stream   text[],
    _expected bigint[],      -- how far the stream must be; -1: anywhere, -2: past its start
    _last_id  uuid[],        -- which event must be its last; null: whichever
    _last_at  timestamptz[], -- and when that must have been recorded
    _skip     integer[],     -- how many events the parts before it have; and at the end, all of them
    -- For each event:
    _part     integer[],     -- which part it belongs to
    _id       uuid[],
    _type     text[],
    _version  integer[],
    _metadata text[],        -- null: there is none
    _payload  bytea[],
    -- The answer:
    OUT refusal     text,      -- why nothing was done at all; null, if something was
    OUT recorded_at timestamptz,
    OUT head        bigint,    -- how far the log was before
    OUT actual      bigint[],  -- for each part: how far its stream was before
    OUT met         boolean[], -- for each part: whether that is as expected
    OUT known       bigint[],  -- which events were recorded before
    OUT refused     bigint[]   -- for each part: how many events before its own were not recorded;
                               -- null, if its own were not
)
LANGUAGE plpgsql
SET search_path FROM CURRENT
-- A plan is kept for as long as its connection lives, and may be made while the log is empty: it has
-- to be the one for a long log.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
AS $$
DECLARE
    _due      bigint := cardinality(_id); -- How many events are to be recorded,
    _recorded bigint;                     -- and how many were.
BEGIN
    -- Under a stricter isolation, what was committed while this waits for the lock would stay unseen.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        refusal := format(
            'appends need the isolation level READ COMMITTED, and this transaction has %s',
            upper(current_setting('transaction_isolation'))
        );
        RETURN;
    END IF;
    IF current_setting('transaction_read_only') = 'on' AND NOT pg_is_in_recovery() THEN
        refusal := 'appends need a transaction that is READ WRITE, and this one is READ ONLY';
        RETURN;
    END IF;

    -- What is acknowledged is on disk, also where the database would rather be fast.
    IF current_setting('synchronous_commit') = 'off' THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;

    -- One writer at a time, until its transaction ends: positions then have no gaps and appear in
    -- order. PostgreSQL shows a transaction before it releases its locks.
    PERFORM pg_advisory_xact_lock(1634627692, 'event'::regclass::oid::integer);

    -- Below, a lateral query of one row at a time leaves the planner no choice but an index, whatever it
    -- believes of the size of things; and numbers that are generated in a target list are not stored
    -- first, as the rows of a function would be.
    recorded_at := clock_timestamp();
    head := coalesce((SELECT event.position FROM event ORDER BY event.position DESC LIMIT 1), 0);

    known := ARRAY(
        SELECT given.n
        FROM (SELECT generate_series(1, cardinality(_id)) AS n) AS given
        CROSS JOIN LATERAL (SELECT FROM event WHERE event.id = _id[given.n] LIMIT 1) AS event
    );

    SELECT array_agg(coalesce(last.revision, 0)), array_agg(
        CASE _expected[part.n]
            WHEN -1 THEN true
            WHEN -2 THEN last.revision IS NOT NULL
            ELSE coalesce(last.revision, 0) = _expected[part.n]
        END
        AND (_last_id[part.n] IS NULL
            OR (last.id, last.recorded_at) IS NOT DISTINCT FROM (_last_id[part.n], _last_at[part.n]))
    )
    INTO actual, met
    FROM (SELECT generate_series(1, cardinality(_stream)) AS n) AS part
    LEFT JOIN LATERAL (
        SELECT event.revision, event.id, event.recorded_at
        FROM event
        -- Of a stream that is where it is expected, this is one entry of the index and not all on its
        -- last page.
        WHERE event.stream = _stream[part.n] AND event.revision >= _expected[part.n]
        ORDER BY event.revision DESC
        LIMIT 1
    ) AS last ON true;

    IF known = '{}' AND true = ALL (met) THEN
        refused := array_fill(0::bigint, ARRAY[cardinality(_stream)]);
    ELSE
        -- A stream that is not as far as expected was not found above.
        actual := ARRAY(
            SELECT coalesce(
                (
                    SELECT event.revision
                    FROM event
                    WHERE event.stream = _stream[part.n]
                    ORDER BY event.revision DESC
                    LIMIT 1
                ),
                0
            )
            FROM (SELECT generate_series(1, cardinality(_stream)) AS n) AS part
        );
        refused := ARRAY(
            SELECT CASE WHEN part.is_refused THEN NULL ELSE
                sum(CASE WHEN part.is_refused THEN part.events ELSE 0 END) OVER (ORDER BY part.n)
            END
            FROM (
                SELECT
                    given.n,
                    _skip[given.n + 1] - _skip[given.n] AS events,
                    bool_or(
                        NOT met[given.n]
                        OR given.n IN (SELECT _part[event.n] FROM unnest(known) AS event (n))
                    ) OVER (PARTITION BY _append[given.n]) AS is_refused
                FROM generate_series(1, cardinality(_stream)) AS given (n)
            ) AS part
            ORDER BY part.n
        );
        _due := (
            SELECT count(*)
            FROM generate_series(1, cardinality(_id)) AS given (n)
            WHERE refused[_part[given.n]] IS NOT NULL
        );
    END IF;

    INSERT INTO event
        (position, revision, recorded_at, id, version, stream, type, metadata, payload)
    SELECT
        head + given.n - refused[_part[given.n]],
        actual[_part[given.n]] + given.n - _skip[_part[given.n]],
        append.recorded_at,
        _id[given.n],
        _version[given.n],
        _stream[_part[given.n]],
        _type[given.n],
        _metadata[given.n]::json,
        _payload[given.n]
    FROM (SELECT generate_series(1, cardinality(_id)) AS n) AS given
    WHERE refused[_part[given.n]] IS NOT NULL;

    GET DIAGNOSTICS _recorded = ROW_COUNT;
    IF _recorded <> _due THEN
        RAISE EXCEPTION 'of % events % were recorded: a trigger left the others out', _due, _recorded;
    END IF;
END $$;
