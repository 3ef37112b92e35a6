using System.Collections.Concurrent;
using SimulationManager.Rosbag2;

namespace SimulationManager.Replay;

/// <summary>
/// A bag that is opened once and shared by all agents that play it. Its files may still be arriving. For any number of threads;
/// dispose it when nothing reads its timelines' payloads any more.
/// </summary>
public sealed class Recording : IDisposable
{
    /// <summary>The index's name among the files of a bag; their own names end in other ways.</summary>
    public const string IndexName = "bag.index";

    /// <summary>Bytes of memory for what was read last, unless something else is asked for.</summary>
    public const long DefaultCacheBytes = 64 << 20;

    private readonly IndexedBag _bag;
    private readonly long _cacheBytes;
    private readonly IReadOnlyList<RecordedType> _types;
    private readonly OrderedMessages _received;
    private readonly Lazy<OrderedMessages> _sent;
    private readonly ConcurrentDictionary<(bool ByPublishTime, string Topics), Lazy<ReplayTimeline>> _timelines = new();

    private Recording(IndexedBag bag, IFileAvailability? availability, long cacheBytes, CancellationToken cancellationToken)
    {
        (_bag, _cacheBytes) = (bag, cacheBytes);
        _types = RecordedType.Of(bag.Index.RosDistro, bag.Index.Topics, bag.Index.MessageDefinitions);
        _received = new OrderedMessages(bag, bag.Index.LoadTimeline(cancellationToken: cancellationToken), availability);
        _sent = new Lazy<OrderedMessages>(() => new OrderedMessages(bag, bag.Index.LoadTimeline(byPublishTime: true, CancellationToken.None), availability));
    }

    /// <summary>Opens the bag in a folder, and makes its index there (<see cref="IndexName"/>, replaced if it is there).</summary>
    /// <param name="folder">The bag's folder, which can be written to. What is compressed as whole files is decompressed in it.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="BagFormatException">It is no bag, or damaged.</exception>
    public static Recording Open(string folder, CancellationToken cancellationToken = default) => Open(folder, DefaultCacheBytes, cancellationToken);

    /// <summary>Opens the bag in a folder, and makes its index there (<see cref="IndexName"/>, replaced if it is there).</summary>
    /// <param name="folder">The bag's folder, which can be written to. What is compressed as whole files is decompressed in it.</param>
    /// <param name="cacheBytes">Bytes of memory for what was read last: once for payloads of each timeline, and for MCAP once more for unpacked chunks.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="BagFormatException">It is no bag, or damaged.</exception>
    public static Recording Open(string folder, long cacheBytes, CancellationToken cancellationToken = default)
    {
        var path = Path.Combine(folder, IndexName);
        using (var bag = BagReader.Open(folder, new BagOpenOptions { DecompressionFolder = DecompressionFolderOf(folder) }, cancellationToken))
            BagIndex.Write(bag, path, cancellationToken);
        return Open(folder, BagIndex.Open(path), availability: null, cacheBytes, cancellationToken);
    }

    /// <summary>Opens the bag in a folder by its index.</summary>
    /// <param name="folder">Where its files are or will be.</param>
    /// <param name="index">The index.</param>
    /// <param name="availability">Which parts of the files are there; null: all of them are.</param>
    /// <param name="cacheBytes">Bytes of memory for what was read last: once for payloads of each timeline, and for MCAP once more for unpacked chunks.</param>
    /// <param name="cancellationToken">Ends the reading of the index.</param>
    /// <exception cref="BagFormatException">The index is damaged.</exception>
    public static Recording Open(string folder, BagIndex index, IFileAvailability? availability = null, long cacheBytes = DefaultCacheBytes, CancellationToken cancellationToken = default) =>
        new(new IndexedBag(index, folder, DecompressionFolderOf(folder), cacheBytes), availability, cacheBytes, cancellationToken);

    /// <summary>Names of the bag's topics as recorded.</summary>
    public IEnumerable<string> Topics => _bag.Index.Topics.Select(topic => topic.Name);

    /// <summary>Opens all files, once they are there, and so finds out whether they are the ones that the index was made of.</summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="BagFormatException">One is damaged, or another one.</exception>
    public void OpenFiles(CancellationToken cancellationToken = default) => _bag.OpenFiles(cancellationToken);

    /// <summary>The timeline of these topics; those that the bag does not have are left out. Made once per choice.</summary>
    /// <param name="topics">Names of topics as recorded.</param>
    /// <param name="byPublishTime">
    /// Play messages by the times at which they were published (where the storage does not keep those, as sqlite3, received) instead of those at
    /// which the recorder received them.
    /// </param>
    /// <exception cref="BagFormatException">The index was damaged since it was opened.</exception>
    public ReplayTimeline TimelineOf(IEnumerable<string> topics, bool byPublishTime = false)
    {
        var chosen = topics.Where(topic => _bag.Index.FindTopic(topic) >= 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        return _timelines.GetOrAdd((byPublishTime, string.Join('\n', chosen)), _ => new Lazy<ReplayTimeline>(() => CreateTimeline(chosen, byPublishTime))).Value;
    }

    /// <summary>Closes the readers. The index and what was decompressed stay in the folder.</summary>
    public void Dispose()
    {
        _received.Dispose();
        if (_sent.IsValueCreated) _sent.Value.Dispose();
        _bag.Dispose();
    }

    private static string DecompressionFolderOf(string folder) => Path.Combine(folder, "decompressed");

    private ReplayTimeline CreateTimeline(string[] topics, bool byPublishTime)
    {
        var index = _bag.Index;
        var indexOfTopic = new int[index.Topics.Count];
        Array.Fill(indexOfTopic, -1);
        for (var i = 0; i < topics.Length; i++) indexOfTopic[index.FindTopic(topics[i])] = i;

        var source = byPublishTime ? _sent.Value : _received;
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
        return new ReplayTimeline(positions, topicIndexes, sizes, topics, duration, new Payloads(source, places), messages.StartNs, _cacheBytes)
        {
            Types = [.. topics.Select(topic => _types[index.FindTopic(topic)])],
            Offers = [.. topics.Select(topic => TopicOffer.Of(index.Topics[index.FindTopic(topic)]))],
            Latched = LatchedTopics.Of([.. topics.Select(topic => index.Topics[index.FindTopic(topic)])], topicIndexes),
        };
    }

    /// <summary>All messages of the bag in one order. Readers belong to one thread at a time; each read borrows one.</summary>
    private sealed class OrderedMessages(IndexedBag bag, BagTimeline messages, IFileAvailability? availability) : IDisposable
    {
        private readonly ConcurrentBag<BagPayloadReader> _idleReaders = [];

        public BagTimeline Messages => messages;

        public ValueTask WaitAsync(int place, CancellationToken cancellationToken)
        {
            if (availability is null) return ValueTask.CompletedTask;
            var (file, position, length) = bag.RangeOf(messages, place);
            return availability.WaitAsync(file, position, length, cancellationToken);
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
