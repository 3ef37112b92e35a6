namespace Aspire.Hosting.Dashboard.Telemetry.Logs;

/// <summary>Keeps the newest log records within <see cref="TelemetryLimits"/>; the record that came first goes first.</summary>
internal sealed class LogStore(TelemetryLimits limits)
{
    private readonly Lock _gate = new();
    private readonly Queue<LogEntry> _oldestFirst = new();
    private long _bytes;
    private long _version;
    private long _received;
    private long _evicted;

    /// <summary>Rises with every change, so that a view can tell whether it is out of date.</summary>
    public long Version => Volatile.Read(ref _version);
    public long Received => Volatile.Read(ref _received);
    public long Evicted => Volatile.Read(ref _evicted);
    public long EstimatedBytes => Volatile.Read(ref _bytes);

    public void Add(IReadOnlyList<LogEntry> records)
    {
        var budget = limits.MaxLogMegabytes * 1024L * 1024;
        lock (_gate)
        {
            foreach (var record in records)
            {
                record.Source.HasLogs = true;
                record.Number = ++_received;
                _oldestFirst.Enqueue(record);
                _bytes += record.EstimatedBytes;
                while (_oldestFirst.Count > limits.MaxLogCount || _bytes > budget)
                {
                    _bytes -= _oldestFirst.Dequeue().EstimatedBytes;
                    _evicted++;
                }
            }

            _version++;
        }
    }

    /// <summary>All kept records in order of arrival. Records never change, so the caller may filter them without a lock.</summary>
    public LogEntry[] Snapshot()
    {
        lock (_gate)
            return _oldestFirst.ToArray();
    }

    /// <summary>Forgets all records, or those of <paramref name="service"/>.</summary>
    public void Clear(string? service = null)
    {
        lock (_gate)
        {
            var kept = service is null ? [] : _oldestFirst.Where(record => !record.Source.Matches(service)).ToArray();
            _oldestFirst.Clear();
            _bytes = 0;
            foreach (var record in kept)
            {
                _oldestFirst.Enqueue(record);
                _bytes += record.EstimatedBytes;
            }

            _version++;
        }
    }
}
