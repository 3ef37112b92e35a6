using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SimulationManager.Core.LiveState;

/// <summary>Agents by their numbers, both ends included.</summary>
public readonly record struct InstanceRange(long First, long Last);

/// <summary>
/// An entry of the event log: an event, or events that differ in nothing but their agent. So a run's agents are a few entries
/// when they begin or end together, and not one each: 100,000 of them would push everybody else's events out of the log.
/// </summary>
public sealed record LiveEventEntry : LiveEvent
{
    /// <summary>Bounds an entry's size, some 30 bytes each: every other agent of a large run may have failed.</summary>
    private const int MostRanges = 5000;

    public LiveEventEntry()
    {
    }

    [SetsRequiredMembers]
    private LiveEventEntry(LiveEvent common, IReadOnlyList<InstanceRange>? instances) : base(common) => Instances = instances;

    /// <summary>The agents of several events, which have consecutive ids in this order; absent: this is one event.</summary>
    public IReadOnlyList<InstanceRange>? Instances { get; init; }

    /// <summary>How many events this is.</summary>
    [JsonIgnore]
    public long Count => Instances?.Sum(range => range.Last - range.First + 1) ?? 1;

    /// <summary>Id of the last of these events.</summary>
    [JsonIgnore]
    public long LastId => Id + Count - 1;

    /// <summary>The entries that events make up, in the order in which they first come.</summary>
    internal static IEnumerable<LiveEventEntry> Of(IEnumerable<LiveEvent> events)
    {
        foreach (var alike in events.GroupBy(change => change with { InstanceId = null }))
        {
            long[] instances = [.. alike.Where(change => change.InstanceId is not null).Select(change => change.InstanceId!.Value).Order()];
            if (instances.Length < 2)
            {
                foreach (var change in alike) yield return new LiveEventEntry(change, null);
                continue;
            }

            foreach (var ranges in RangesOf(instances).Chunk(MostRanges)) yield return new LiveEventEntry(alike.Key, ranges);
        }
    }

    /// <summary>Its events after an id, one for each agent.</summary>
    public IEnumerable<LiveEvent> EventsAfter(long id)
    {
        if (Instances is null)
        {
            if (Id > id) yield return this;
            yield break;
        }

        var next = Id;
        foreach (var range in Instances)
        {
            for (var instance = range.First; instance <= range.Last; instance++, next++)
            {
                if (next > id) yield return this with { Id = next, InstanceId = instance, Instances = null };
            }
        }
    }

    internal static LiveEventEntry Read(ReadOnlyMemory<byte> json) => JsonSerializer.Deserialize(json.Span, EventJson.Default.LiveEventEntry)!;

    /// <summary>As the log keeps it: several events as one, with <see cref="Instances"/>.</summary>
    internal byte[] ToEntryJson() => JsonSerializer.SerializeToUtf8Bytes(this, EventJson.Default.LiveEventEntry);

    private static IEnumerable<InstanceRange> RangesOf(long[] instances)
    {
        var first = 0;
        for (var index = 1; index <= instances.Length; index++)
        {
            if (index < instances.Length && instances[index] == instances[index - 1] + 1) continue;
            yield return new InstanceRange(instances[first], instances[index - 1]);
            first = index;
        }
    }
}
