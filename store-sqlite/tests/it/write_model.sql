INSERT INTO model VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value
