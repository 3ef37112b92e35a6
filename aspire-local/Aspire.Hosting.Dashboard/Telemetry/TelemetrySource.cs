namespace Aspire.Hosting.Dashboard.Telemetry;

/// <summary>A process that sends telemetry: OTLP's resource, told apart by <c>service.name</c> and <c>service.instance.id</c>.</summary>
internal sealed class TelemetrySource(string name, string? instanceId, TelemetryAttribute[] attributes)
{
    public const string UnknownName = "unknown_service";

    public string Name { get; } = name;
    public string? InstanceId { get; } = instanceId;
    public TelemetryAttribute[] Attributes { get; } = attributes;
    public bool HasLogs { get; set; }
    public bool HasTraces { get; set; }
    public bool HasMetrics { get; set; }

    /// <summary>True when <paramref name="resource"/> is this service's name, or its name and instance as <c>name-instance</c>.</summary>
    public bool Matches(string resource) =>
        string.Equals(resource, Name, StringComparison.OrdinalIgnoreCase)
        || (InstanceId is not null
            && resource.Length == Name.Length + 1 + InstanceId.Length
            && resource.StartsWith(Name, StringComparison.OrdinalIgnoreCase)
            && resource.EndsWith(InstanceId, StringComparison.OrdinalIgnoreCase));
}

/// <summary>The senders seen so far, at most <see cref="TelemetryLimits.MaxResourceCount"/>; later ones share one entry.</summary>
internal sealed class TelemetrySourceCatalog(TelemetryLimits limits)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Name, string? Instance), TelemetrySource> _sources = [];
    private readonly TelemetrySource _overflow = new("(too many services)", null, []);

    public TelemetrySource GetOrAdd(TelemetryAttribute[] attributes)
    {
        var name = attributes.Find("service.name") is { Length: > 0 } given ? given : TelemetrySource.UnknownName;
        var instance = attributes.Find("service.instance.id");
        lock (_gate)
        {
            if (_sources.TryGetValue((name, instance), out var known))
                return known;
            if (_sources.Count >= limits.MaxResourceCount)
                return _overflow;
            return _sources[(name, instance)] = new TelemetrySource(name, instance, attributes);
        }
    }

    public TelemetrySource[] Snapshot()
    {
        lock (_gate)
            return [.. _sources.Values.OrderBy(source => source.Name, StringComparer.OrdinalIgnoreCase).ThenBy(source => source.InstanceId, StringComparer.Ordinal)];
    }

    public void Clear()
    {
        lock (_gate)
            _sources.Clear();
    }
}
