using System.Collections.Concurrent;
using SimulationManager.Core.Model;
using SimulationManager.Rosbag2;
using SimulationManager.Worker.Replay;

namespace SimulationManager.Worker.Bundles;

/// <summary>A bag that was fetched and opened once, shared by all agents that play it.</summary>
public sealed class OpenBundle : IDisposable
{
    private readonly BagReader _bag;
    private readonly OrderedMessages _received;
    private readonly Lazy<OrderedMessages> _sent;
    private readonly ConcurrentDictionary<(MessageOrder Order, string Topics), Lazy<ReplayTimeline>> _timelines = new();

    private OpenBundle(BagReader bag, BagTimeline messages)
    {
        _bag = bag;
        _received = new OrderedMessages(bag, messages);
        _sent = new Lazy<OrderedMessages>(() => new OrderedMessages(bag, BagTimeline.LoadByPublishTime(bag)));
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
    /// <exception cref="BagFormatException">The bag was damaged since it was opened.</exception>
    public ReplayTimeline TimelineOf(IEnumerable<string> topics, MessageOrder order = MessageOrder.Received)
    {
        var chosen = topics.Where(topic => _bag.FindTopic(topic) >= 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        return _timelines.GetOrAdd((order, string.Join('\n', chosen)), _ => new Lazy<ReplayTimeline>(() => CreateTimeline(chosen, order))).Value;
    }

    public void Dispose()
    {
        _received.Dispose();
        if (_sent.IsValueCreated) _sent.Value.Dispose();
        _bag.Dispose();
    }

    private ReplayTimeline CreateTimeline(string[] topics, MessageOrder order)
    {
        var indexOfTopic = new int[_bag.Topics.Count];
        Array.Fill(indexOfTopic, -1);
        for (var i = 0; i < topics.Length; i++) indexOfTopic[_bag.FindTopic(topics[i])] = i;

        var source = order == MessageOrder.Sent ? _sent.Value : _received;
        var messages = source.Messages;
        var ids = messages.TopicIds;
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
            positions[next] = ReplayTimeline.PositionBetween(messages.StartNs, messages.TimestampsNs[place]);
            topicIndexes[next] = (ushort)indexOfTopic[ids[place]];
            sizes[next] = messages.Sizes[place];
            if (places is not null) places[next] = place;
            next++;
        }
        var duration = ReplayTimeline.PositionBetween(messages.StartNs, messages.EndNs);
        return new ReplayTimeline(positions, topicIndexes, sizes, topics, duration, new Payloads(source, places), messages.StartNs)
        {
            Latched = LatchedTopics.Of([.. topics.Select(topic => _bag.Topics[_bag.FindTopic(topic)])], topicIndexes),
        };
    }

    /// <summary>All messages of the bag in one order. Readers belong to one thread at a time; each read borrows one.</summary>
    private sealed class OrderedMessages(BagReader bag, BagTimeline messages) : IDisposable
    {
        private readonly ConcurrentBag<BagPayloadReader> _idleReaders = [];

        public BagTimeline Messages => messages;

        public int Read(int place, Span<byte> buffer)
        {
            if (!_idleReaders.TryTake(out var reader)) reader = new BagPayloadReader(bag, messages);
            var length = reader.Read(place, buffer);
            _idleReaders.Add(reader);
            return length;
        }

        public void Dispose()
        {
            while (_idleReaders.TryTake(out var reader)) reader.Dispose();
        }
    }

    private sealed class Payloads(OrderedMessages source, int[]? places) : IPayloadSource
    {
        public int Read(int message, Span<byte> buffer) => source.Read(places is null ? message : places[message], buffer);
    }
}
