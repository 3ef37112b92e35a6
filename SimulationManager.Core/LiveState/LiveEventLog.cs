using System.Text.Json;
using System.Text.Json.Serialization;
using StackExchange.Redis;

namespace SimulationManager.Core.LiveState;

/// <summary>
/// Events of all processes in one order, the last <see cref="Kept"/> of them readable again. A sorted set by id rather than a
/// Redis stream: servers that stand in for Redis have the one and not always the other.
/// </summary>
public sealed class LiveEventLog(IConnectionMultiplexer redis, TimeProvider time)
{
    /// <summary>Where every event is published as the same JSON that readers get.</summary>
    public static readonly RedisChannel Channel = RedisChannel.Literal("simulation:events");

    /// <summary>Events that can be read again.</summary>
    public const int Kept = 20_000;

    private const int BatchSize = 500;
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);
    private static readonly RedisKey Events = "events:log";
    private static readonly RedisKey LastId = "events:last-id";

    /// <summary>
    /// Ids are microseconds of the publisher's clock, or one above the last: they rise also when Redis has lost everything.
    /// Being one script, events are readable in the order of their ids: who has read up to one has missed none before it.
    /// </summary>
    private const string Append =
        """
        local id = math.max(tonumber(ARGV[1]), tonumber(redis.call('GET', KEYS[1]) or '0') + 1)
        local first = string.format('%.0f', id)
        for index = 4, #ARGV do
          local text = string.format('%.0f', id)
          redis.call('ZADD', KEYS[2], text, '{"id":' .. text .. ',' .. string.sub(ARGV[index], 2))
          id = id + 1
        end
        redis.call('SET', KEYS[1], string.format('%.0f', id - 1), 'PX', ARGV[3])
        redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -1 - tonumber(ARGV[2]))
        redis.call('PEXPIRE', KEYS[2], ARGV[3])
        return first
        """;

    /// <summary>Gives events their ids, keeps them and publishes them.</summary>
    public async Task PublishAsync(IEnumerable<LiveEvent> events)
    {
        foreach (var batch in events.Chunk(BatchSize)) await PublishAsync(batch);
    }

    /// <summary>Events after an id, in their order.</summary>
    /// <param name="id">The last id that is known.</param>
    /// <param name="atMost">How many to read.</param>
    public async Task<IReadOnlyList<LoggedEvent>> ReadAfterAsync(long id, int atMost)
    {
        var entries = await redis.GetDatabase().SortedSetRangeByScoreAsync(Events, id, double.PositiveInfinity, Exclude.Start, Order.Ascending, 0, atMost);
        return [.. entries.Select(entry => Read((ReadOnlyMemory<byte>)entry))];
    }

    /// <summary>Id of the last event that is kept, 0 when none is.</summary>
    public async Task<long> LastIdAsync() => (long)await redis.GetDatabase().StringGetAsync(LastId);

    /// <summary>Whether an event after <paramref name="id"/> may be kept no more: nothing up to it is, but something after it.</summary>
    public async Task<bool> HasLostAfterAsync(long id)
    {
        var database = redis.GetDatabase();
        var before = database.SortedSetLengthAsync(Events, double.NegativeInfinity, id);
        var all = database.SortedSetLengthAsync(Events);
        return await before == 0 && await all > 0;
    }

    private async Task PublishAsync(LiveEvent[] events)
    {
        var database = redis.GetDatabase();
        var texts = Array.ConvertAll(events, Write);
        var first = (long)await database.ScriptEvaluateAsync(
            Append,
            [LastId, Events],
            [(time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond, Kept, (long)Lifetime.TotalMilliseconds, .. texts]);
        await Task.WhenAll(events.Select((change, index) => database.PublishAsync(Channel, Write(change with { Id = first + index }))));
    }

    private static RedisValue Write(LiveEvent change) => JsonSerializer.SerializeToUtf8Bytes(change, EventJson.Default.LiveEvent);

    private static LoggedEvent Read(ReadOnlyMemory<byte> json) => new(JsonSerializer.Deserialize(json.Span, EventJson.Default.LiveEvent)!, json);
}

/// <summary>An event as it is kept.</summary>
/// <param name="Event">What has happened.</param>
/// <param name="Json">The same as UTF-8 JSON.</param>
public sealed record LoggedEvent(LiveEvent Event, ReadOnlyMemory<byte> Json);

/// <summary>Times on the wire: ISO 8601, UTC with <c>Z</c>, milliseconds.</summary>
internal sealed class EventTimeConverter : JsonConverter<DateTimeOffset>
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime.ToString(Format, System.Globalization.CultureInfo.InvariantCulture));
}

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Converters = [typeof(EventTimeConverter)])]
[JsonSerializable(typeof(LiveEvent))]
internal sealed partial class EventJson : JsonSerializerContext;
