-- The whole log in order, as bytes.
COPY (
    SELECT
        event.position,
        event.revision,
        event.recorded_at,
        event.id,
        event.version,
        event.stream,
        event.type,
        event.metadata,
        event.payload
    FROM annals.event
    ORDER BY event.position
) TO STDOUT (FORMAT binary)
