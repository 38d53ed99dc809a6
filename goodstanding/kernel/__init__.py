"""Values every floor may use: ids, time, canonical bytes, problems."""
