using System.Collections.Concurrent;
using SimulationManager.Rosbag2;
using SimulationManager.Worker.Replay;

namespace SimulationManager.Worker.Bundles;

/// <summary>A bag that was fetched and opened once, shared by all agents that play it.</summary>
public sealed class OpenBundle : IDisposable
{
    private readonly BagReader _bag;
    private readonly BagTimeline _messages;
    private readonly ConcurrentDictionary<string, Lazy<ReplayTimeline>> _timelines = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<BagPayloadReader> _idleReaders = [];

    private OpenBundle(BagReader bag, BagTimeline messages)
    {
        _bag = bag;
        _messages = messages;
    }

    /// <summary>Opens the bag in a folder and reads the times of all its messages.</summary>
    /// <exception cref="BagFormatException">The bag is damaged.</exception>
    public static OpenBundle Open(string folder, CancellationToken cancellationToken)
    {
        var bag = BagReader.Open(folder, new BagOpenOptions { DecompressionFolder = Path.Combine(folder, "decompressed") }, cancellationToken);
        try
        {
            return new OpenBundle(bag, BagTimeline.Load(bag, cancellationToken: cancellationToken));
        }
        catch
        {
            bag.Dispose();
            throw;
        }
    }

    /// <summary>The timeline of these topics; those that the bag does not have are left out. Made once per choice.</summary>
    public ReplayTimeline TimelineOf(IEnumerable<string> topics)
    {
        var chosen = topics.Where(topic => _bag.FindTopic(topic) >= 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        return _timelines.GetOrAdd(string.Join('\n', chosen), _ => new Lazy<ReplayTimeline>(() => CreateTimeline(chosen))).Value;
    }

    public void Dispose()
    {
        while (_idleReaders.TryTake(out var reader)) reader.Dispose();
        _bag.Dispose();
    }

    private ReplayTimeline CreateTimeline(string[] topics)
    {
        var indexOfTopic = new int[_bag.Topics.Count];
        Array.Fill(indexOfTopic, -1);
        for (var i = 0; i < topics.Length; i++) indexOfTopic[_bag.FindTopic(topics[i])] = i;

        var ids = _messages.TopicIds;
        var count = 0;
        foreach (var id in ids)
        {
            if (indexOfTopic[id] >= 0) count++;
        }
        var positions = new long[count];
        var topicIndexes = new ushort[count];
        var sizes = new int[count];
        var places = count == ids.Length ? null : new int[count];
        for (int place = 0, next = 0; place < ids.Length; place++)
        {
            if (indexOfTopic[ids[place]] < 0) continue;
            positions[next] = ReplayTimeline.PositionBetween(_messages.StartNs, _messages.TimestampsNs[place]);
            topicIndexes[next] = (ushort)indexOfTopic[ids[place]];
            sizes[next] = _messages.Sizes[place];
            if (places is not null) places[next] = place;
            next++;
        }
        var duration = ReplayTimeline.PositionBetween(_messages.StartNs, _messages.EndNs);
        return new ReplayTimeline(positions, topicIndexes, sizes, topics, duration, new Payloads(this, places), _messages.StartNs);
    }

    /// <summary>Readers belong to one thread at a time; each read borrows one.</summary>
    private sealed class Payloads(OpenBundle bundle, int[]? places) : IPayloadSource
    {
        public int Read(int message, Span<byte> buffer)
        {
            if (!bundle._idleReaders.TryTake(out var reader)) reader = new BagPayloadReader(bundle._bag, bundle._messages);
            var length = reader.Read(places is null ? message : places[message], buffer);
            bundle._idleReaders.Add(reader);
            return length;
        }
    }
}
