using StackExchange.Redis;

namespace SimulationManager.Core.LiveState;

/// <summary>Where a reader of the log begins.</summary>
/// <param name="Id">The events after this one are read.</param>
/// <param name="HasGap">Whether some between the last that the reader knows and the first that is read are kept no more.</param>
public readonly record struct LogPosition(long Id, bool HasGap);

/// <summary>
/// Events of all processes in one order, the last <see cref="Kept"/> entries of them readable again. A sorted set by id rather than a
/// Redis stream: servers that stand in for Redis have the one and not always the other.
/// </summary>
public sealed class LiveEventLog(IConnectionMultiplexer redis, TimeProvider time)
{
    /// <summary>Where events are published as the same JSON that readers get; see <see cref="MostMessages"/>.</summary>
    public static readonly RedisChannel Channel = RedisChannel.Literal("simulation:events");

    /// <summary>Entries that can be read again: events, of those that differ in nothing but their agent one entry for all.</summary>
    public const int Kept = 20_000;

    /// <summary>An entry of more events than this is published as one message, with <see cref="LiveEventEntry.Instances"/>.</summary>
    public const int MostMessages = 100;

    private const int BatchSize = 500;
    private static readonly RedisKey Entries = "events:entries";
    private static readonly RedisKey LastId = "events:last-id";

    /// <summary>Id of the last event that is kept no more.</summary>
    private static readonly RedisKey LostId = "events:lost-id";

    /// <summary>
    /// Ids are microseconds of the publisher's clock, or one above the last: they rise also when Redis has lost everything. Being one
    /// script, events are readable in the order of their ids: who has read up to one has missed none before it. An entry's score is
    /// its last id, so that a reader that has a part of its events finds it again.
    /// </summary>
    private const string Append =
        """
        local last = redis.call('GET', KEYS[1])
        local id = math.max(tonumber(ARGV[1]), tonumber(last or '0') + 1)
        local first = string.format('%.0f', id)
        if redis.call('EXISTS', KEYS[2]) == 0 then redis.call('SET', KEYS[3], last or string.format('%.0f', id - 1)) end
        for index = 3, #ARGV, 2 do
          local text = string.format('%.0f', id)
          id = id + tonumber(ARGV[index])
          redis.call('ZADD', KEYS[2], string.format('%.0f', id - 1), '{"id":' .. text .. ',' .. string.sub(ARGV[index + 1], 2))
        end
        redis.call('SET', KEYS[1], string.format('%.0f', id - 1))
        local surplus = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[2])
        if surplus > 0 then
          local lost = redis.call('ZRANGE', KEYS[2], surplus - 1, surplus - 1, 'WITHSCORES')
          redis.call('SET', KEYS[3], string.format('%.0f', tonumber(lost[2])))
          redis.call('ZREMRANGEBYRANK', KEYS[2], 0, surplus - 1)
        end
        return first
        """;

    /// <summary>Gives events their ids, keeps them and publishes them.</summary>
    public async Task PublishAsync(IEnumerable<LiveEvent> events)
    {
        foreach (var batch in LiveEventEntry.Of(events).Chunk(BatchSize)) await PublishAsync(batch);
    }

    /// <summary>Entries with events after an id, in their order.</summary>
    /// <param name="id">The last id that is known.</param>
    /// <param name="atMost">How many to read.</param>
    public async Task<IReadOnlyList<LiveEventEntry>> ReadAfterAsync(long id, int atMost)
    {
        var entries = await redis.GetDatabase().SortedSetRangeByScoreAsync(Entries, id, double.PositiveInfinity, Exclude.Start, Order.Ascending, 0, atMost);
        return [.. entries.Select(entry => LiveEventEntry.Read(entry))];
    }

    /// <summary>Where a reader begins.</summary>
    /// <param name="known">The last id that it knows; null: it is new, and begins with what happens from now on.</param>
    public async Task<LogPosition> FindPositionAsync(long? known)
    {
        var ids = await redis.GetDatabase().StringGetAsync([LastId, LostId]);
        var (last, lost) = ((long)ids[0], (long)ids[1]);
        // An id that was never given is one from before Redis lost its data.
        return new LogPosition(Math.Min(known ?? last, last), HasGap: known < lost || known > last);
    }

    private async Task PublishAsync(LiveEventEntry[] entries)
    {
        var database = redis.GetDatabase();
        List<RedisValue> arguments = [(time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond, Kept];
        foreach (var entry in entries) arguments.AddRange([entry.Count, entry.ToEntryJson()]);
        var next = (long)await database.ScriptEvaluateAsync(Append, [LastId, Entries, LostId], [.. arguments]);
        List<Task> published = [];
        foreach (var entry in entries)
        {
            published.AddRange(MessagesOf(entry with { Id = next }).Select(message => database.PublishAsync(Channel, message)));
            next += entry.Count;
        }

        await Task.WhenAll(published);
    }

    private static IEnumerable<byte[]> MessagesOf(LiveEventEntry entry) =>
        entry.Count > MostMessages ? [entry.ToEntryJson()] : entry.EventsAfter(0).Select(change => change.ToJson());
}
