using System.Collections.Concurrent;
using SimulationManager.Core.Model;
using SimulationManager.Rosbag2;
using SimulationManager.Worker.Replay;

namespace SimulationManager.Worker.Bundles;

/// <summary>A bag that was opened once, shared by all agents that play it. Its files may still be on their way.</summary>
public sealed class OpenBundle : IDisposable
{
    /// <summary>The index's name among the files of the bundle; those of bags end in other ways.</summary>
    internal const string IndexName = "bag.index";

    private readonly IndexedBag _bag;
    private readonly OrderedMessages _received;
    private readonly Lazy<OrderedMessages> _sent;
    private readonly ConcurrentDictionary<(MessageOrder Order, string Topics), Lazy<ReplayTimeline>> _timelines = new();

    private OpenBundle(IndexedBag bag, ArrivingFiles? arriving, CancellationToken cancellationToken)
    {
        _bag = bag;
        _received = new OrderedMessages(bag, bag.Index.LoadTimeline(cancellationToken: cancellationToken), arriving);
        _sent = new Lazy<OrderedMessages>(() => new OrderedMessages(bag, bag.Index.LoadTimeline(byPublishTime: true, CancellationToken.None), arriving));
    }

    /// <summary>Opens the bag in a folder and makes its index there.</summary>
    /// <exception cref="BagFormatException">The bag is damaged.</exception>
    public static OpenBundle Open(string folder, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, IndexName);
        using (var bag = BagReader.Open(folder, new BagOpenOptions { DecompressionFolder = DecompressionFolderOf(folder) }, cancellationToken))
            BagIndex.Write(bag, path, cancellationToken);
        return Open(folder, BagIndex.Open(path), null, cancellationToken);
    }

    /// <summary>Opens the bag in a folder by its index.</summary>
    /// <param name="folder">Where its files are or will be.</param>
    /// <param name="index">The index.</param>
    /// <param name="arriving">Its files, in the order of the index, where they are not all there yet.</param>
    /// <param name="cancellationToken">Ends the reading of the index.</param>
    /// <exception cref="BagFormatException">The index is damaged.</exception>
    internal static OpenBundle Open(string folder, BagIndex index, ArrivingFiles? arriving, CancellationToken cancellationToken) =>
        new(new IndexedBag(index, folder, DecompressionFolderOf(folder)), arriving, cancellationToken);

    /// <summary>Opens all files, once they are there.</summary>
    /// <exception cref="BagFormatException">One is damaged.</exception>
    internal void OpenFiles(CancellationToken cancellationToken) => _bag.OpenFiles(cancellationToken);

    /// <summary>The timeline of these topics; those that the bag does not have are left out. Made once per choice.</summary>
    /// <exception cref="BagFormatException">The index was damaged since it was opened.</exception>
    public ReplayTimeline TimelineOf(IEnumerable<string> topics, MessageOrder order = MessageOrder.Received)
    {
        var chosen = topics.Where(topic => _bag.Index.FindTopic(topic) >= 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        return _timelines.GetOrAdd((order, string.Join('\n', chosen)), _ => new Lazy<ReplayTimeline>(() => CreateTimeline(chosen, order))).Value;
    }

    public void Dispose()
    {
        _received.Dispose();
        if (_sent.IsValueCreated) _sent.Value.Dispose();
        _bag.Dispose();
    }

    private static string DecompressionFolderOf(string folder) => Path.Combine(folder, "decompressed");

    private ReplayTimeline CreateTimeline(string[] topics, MessageOrder order)
    {
        var index = _bag.Index;
        var indexOfTopic = new int[index.Topics.Count];
        Array.Fill(indexOfTopic, -1);
        for (var i = 0; i < topics.Length; i++) indexOfTopic[index.FindTopic(topics[i])] = i;

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
            Latched = LatchedTopics.Of([.. topics.Select(topic => index.Topics[index.FindTopic(topic)])], topicIndexes),
        };
    }

    /// <summary>All messages of the bag in one order. Readers belong to one thread at a time; each read borrows one.</summary>
    private sealed class OrderedMessages(IndexedBag bag, BagTimeline messages, ArrivingFiles? arriving) : IDisposable
    {
        private readonly ConcurrentBag<BagPayloadReader> _idleReaders = [];

        public BagTimeline Messages => messages;

        public ValueTask WaitAsync(int place, CancellationToken cancellationToken)
        {
            if (arriving is null) return ValueTask.CompletedTask;
            var (file, position, length) = bag.RangeOf(messages, place);
            return arriving.WaitAsync(file, position, length, cancellationToken);
        }

        public int Read(int place, Span<byte> buffer)
        {
            if (!_idleReaders.TryTake(out var reader)) reader = bag.OpenPayloads(messages);
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
        public async ValueTask<int> ReadAsync(int message, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            var place = places is null ? message : places[message];
            await source.WaitAsync(place, cancellationToken);
            return source.Read(place, buffer.Span);
        }
    }
}
