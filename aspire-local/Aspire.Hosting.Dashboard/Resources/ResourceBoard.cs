using System.Collections.Concurrent;

namespace Aspire.Hosting.Dashboard.Resources;

internal enum LinkState { NotConfigured, Connecting, Connected, Lost }

/// <summary>Processor and memory use over the last minutes.</summary>
internal sealed record UsageHistory(UsageView[] Samples)
{
    public static UsageHistory Empty { get; } = new([]);
    public UsageView? Latest => Samples.Length == 0 ? null : Samples[^1];
}

/// <summary>The AppHost's resources as last reported, and whether the AppHost can still be heard.</summary>
internal sealed class ResourceBoard
{
    private const int SamplesKept = 90;
    private readonly ConcurrentDictionary<string, ResourceView> _resources = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, UsageHistory> _usage = new(StringComparer.OrdinalIgnoreCase);
    private long _version;

    /// <summary>Rises with every change, so that a view can tell whether it is out of date.</summary>
    public long Version => Volatile.Read(ref _version);
    public LinkState Link { get; private set; } = LinkState.NotConfigured;
    public string? LinkProblem { get; private set; }

    public ResourceView[] Resources =>
        [.. _resources.Values.Where(resource => !resource.IsHidden).OrderBy(resource => resource.DisplayName, StringComparer.OrdinalIgnoreCase).ThenBy(resource => resource.Name, StringComparer.OrdinalIgnoreCase)];

    public ResourceView? Find(string name) =>
        _resources.GetValueOrDefault(name) ?? _resources.Values.FirstOrDefault(resource => resource.DisplayName.Equals(name, StringComparison.OrdinalIgnoreCase));

    public UsageHistory UsageOf(string name) => _usage.GetValueOrDefault(name, UsageHistory.Empty);

    public void Apply(ResourceChange change)
    {
        if (change.Upsert is { } resource)
            _resources[resource.Name] = resource;
        else if (change.Removed is { } removed && _resources.TryRemove(removed, out _))
            _usage.TryRemove(removed, out _);
        Interlocked.Increment(ref _version);
    }

    public void Apply(UsageView[] samples)
    {
        foreach (var sample in samples)
        {
            var kept = UsageOf(sample.Name).Samples;
            _usage[sample.Name] = new UsageHistory([.. kept.Skip(Math.Max(0, kept.Length + 1 - SamplesKept)), sample]);
        }

        Interlocked.Increment(ref _version);
    }

    /// <summary>Drops what the AppHost no longer has after a new connection told everything there is.</summary>
    public void KeepOnly(IReadOnlySet<string> names)
    {
        foreach (var name in _resources.Keys.Where(name => !names.Contains(name)))
            _resources.TryRemove(name, out _);
        Interlocked.Increment(ref _version);
    }

    public void SetLink(LinkState state, string? problem = null)
    {
        Link = state;
        LinkProblem = problem;
        Interlocked.Increment(ref _version);
    }
}
