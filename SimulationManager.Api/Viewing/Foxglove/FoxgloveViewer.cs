using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using SimulationManager.Api.Viewing.Feeds;

namespace SimulationManager.Api.Viewing.Foxglove;

/// <summary>One client that speaks Foxglove's protocol. Every topic of every agent that is shown is a channel, and so is what is told of all agents together.</summary>
/// <param name="socket">The connection.</param>
/// <param name="shown">The agents that are shown.</param>
/// <param name="frames">Names frames after their agents; null: they keep their names.</param>
/// <param name="session">Names what is watched: while that is the same, a client that connects again keeps what it has.</param>
/// <param name="playback">How it plays.</param>
/// <param name="hasControls">Whether the client knows the frames of time and playback: an older one fails on them.</param>
/// <param name="time">The clock.</param>
internal sealed partial class FoxgloveViewer(WebSocket socket, ShownAgents shown, AgentFrames? frames, string session, IViewedPlayback playback, bool hasControls, TimeProvider time) : FeedViewer(socket, time)
{
    private const byte MessageData = 1;
    private const int MessageHeader = 1 + sizeof(uint) + sizeof(ulong);

    /// <summary>Channels that are told at once: they come with their definitions.</summary>
    private const int ChannelsAtOnce = 100;

    private static readonly string[] s_capabilities = ["parameters", "parametersSubscribe"];
    private static readonly string[] s_services = ["services"];
    private static readonly string[] s_controls = ["time", "playbackControl"];

    private readonly FoxglovePlayback? _controls = hasControls ? new FoxglovePlayback(playback) : null;
    private readonly FoxgloveParameters _parameters = new(playback);
    private readonly FoxgloveServices? _services = playback is ViewedPlayback ? new FoxgloveServices(playback) : null;
    private readonly ConcurrentQueue<(bool HasSought, string Id)> _answers = [];
    private readonly Lock _lock = new();
    private readonly Dictionary<string, uint> _idOf = new(StringComparer.Ordinal);
    private readonly Dictionary<uint, string> _channels = [];
    private readonly Dictionary<uint, FoxgloveSubscription> _subscriptions = [];
    private readonly HashSet<string> _toldTypes = new(StringComparer.Ordinal);
    private FeedCatalog? _told;
    private int _toldLeftOut;
    private volatile bool _isPlaybackNew;
    private volatile bool _isBeingCommanded;

    /// <inheritdoc/>
    public override bool WatchesPlayback => playback is ViewedPlayback;

    /// <inheritdoc/>
    protected override IEnumerable<QueuedSubscription> Subscriptions => _subscriptions.Values;

    /// <inheritdoc/>
    public override void OnPlayback(RunPlayback playing)
    {
        if (playback is ViewedPlayback run) run.Take(playing);
        OnPlaybackChanged();
    }

    /// <inheritdoc/>
    public override void OnPlaybackChanged()
    {
        _isPlaybackNew = true;
        WakeForNews();
    }

    /// <inheritdoc/>
    protected override bool OnDrained()
    {
        if (!playback.OnDrained()) return false;
        _isPlaybackNew = true;
        return true;
    }

    /// <inheritdoc/>
    protected override async Task TellNewsAsync(CancellationToken cancellationToken)
    {
        if (_told is null)
        {
            await SendAsync(ServerInfo(), cancellationToken);
            if (_services is not null) await SendAsync(FoxgloveServices.Advertise(), cancellationToken);
        }
        await TellChannelsAsync(cancellationToken);
        await TellPlaybackAsync(cancellationToken);
        // Messages from where it was sent come after what says so.
        if (!_isBeingCommanded && _answers.IsEmpty) await playback.OnToldAsync(cancellationToken);
    }

    private async Task TellPlaybackAsync(CancellationToken cancellationToken)
    {
        while (_answers.TryDequeue(out var answer)) await SendAsync(_controls!.State(answer.HasSought, answer.Id), WebSocketMessageType.Binary, cancellationToken);
        // In the midst of a command it would tell of a place without telling that it was sent there.
        if (!_isPlaybackNew || _isBeingCommanded) return;
        _isPlaybackNew = false;
        if (_parameters.TakeUpdate() is { } changed) await SendAsync(changed, cancellationToken);
        if (playback.TakeNotice() is { } notice) await TellAsync(0, notice, cancellationToken);
        if (_controls?.State() is { } state) await SendAsync(state, WebSocketMessageType.Binary, cancellationToken);
        if (_controls?.Clock() is { } clock) await SendAsync(clock, WebSocketMessageType.Binary, cancellationToken);
    }

    private JsonObject ServerInfo()
    {
        var info = new JsonObject
        {
            ["op"] = "serverInfo",
            ["name"] = "SimulationManager",
            ["capabilities"] = new JsonArray([.. s_capabilities.Concat(_services is null ? [] : s_services).Concat(_controls is null ? [] : s_controls).Select(capability => JsonValue.Create(capability))]),
            ["supportedEncodings"] = new JsonArray("cdr"),
            ["sessionId"] = session,
        };
        _controls?.Describe(info);
        return info;
    }

    private async Task TellChannelsAsync(CancellationToken cancellationToken)
    {
        var catalog = Catalog;
        if (catalog == _told) return;
        _told = catalog;
        var (agents, leftOut) = shown.Of(catalog);
        var topics = (Feed.Fleet is null ? [] : FleetFeed.Topics).Select(topic => (topic.Name, Topic: topic))
            .Concat(agents.SelectMany(agent => agent.Topics.All.Select(topic => (Name: FeedCatalog.NameOf(agent, topic), Topic: topic)))).DistinctBy(topic => topic.Name).ToArray();
        var (added, gone) = Change(topics);
        if (gone.Length > 0) await SendAsync(new JsonObject { ["op"] = "unadvertise", ["channelIds"] = new JsonArray([.. gone.Select(id => JsonValue.Create(id))]) }, cancellationToken);
        foreach (var some in added.Chunk(ChannelsAtOnce)) await SendAsync(new JsonObject { ["op"] = "advertise", ["channels"] = new JsonArray([.. some.Select(ChannelOf)]) }, cancellationToken);
        await TellRawAsync(added.Select(channel => channel.Topic), cancellationToken);
        if (leftOut > 0 && leftOut != _toldLeftOut) await TellAsync(0, $"{leftOut} more agents play than are shown; agents=<first>-<last> in the address shows others, {ShownAgents.Most} at once", cancellationToken);
        _toldLeftOut = leftOut;
    }

    /// <summary>Says of which types there is no definition: a client that finds none would have to guess why.</summary>
    private async Task TellRawAsync(IEnumerable<FeedTopic> topics, CancellationToken cancellationToken)
    {
        string[] raw = [.. topics.Where(topic => topic.Definition is null).Select(topic => topic.Type.Length == 0 ? topic.Name : topic.Type).Where(_toldTypes.Add)];
        if (raw.Length > 0) await TellAsync(1, $"neither the recording nor this system has a definition of {string.Join(", ", raw)}: such messages come as they are, and can only be shown raw", cancellationToken);
    }

    /// <inheritdoc/>
    protected override Task HandleAsync(WebSocketMessageType type, ReadOnlyMemory<byte> request, CancellationToken cancellationToken)
    {
        if (type == WebSocketMessageType.Binary) return HandleAsync(request, cancellationToken);
        if (Parse(request.Span) is not { } operation) return TellAsync(2, "what was sent is no operation that this server knows: a JSON object with a member 'op'", cancellationToken);
        return (operation["op"] as JsonValue)?.ToString() switch
        {
            "subscribe" => SubscribeAsync(operation["subscriptions"] as JsonArray ?? [], cancellationToken),
            "unsubscribe" => UnsubscribeAsync(operation["subscriptionIds"] as JsonArray ?? []),
            "getParameters" => SendAsync(_parameters.Values(Names(operation), Text(operation["id"])), cancellationToken),
            "setParameters" => SetParametersAsync(operation, cancellationToken),
            "subscribeParameterUpdates" => SubscribeParameters(operation, _parameters.Subscribe),
            "unsubscribeParameterUpdates" => SubscribeParameters(operation, _parameters.Unsubscribe),
            _ => TellAsync(2, "this server has no such capability: agents and recordings take no messages, they can be watched", cancellationToken),
        };
    }

    /// <inheritdoc/>
    protected override async Task PublishAsync(QueuedSubscription subscription, FeedMessage message, CancellationToken cancellationToken)
    {
        if (_controls?.ClockAt(message.DueAt) is { } clock) await SendAsync(clock, WebSocketMessageType.Binary, cancellationToken);
        await PublishAsync(((FoxgloveSubscription)subscription).Id, message, cancellationToken);
    }

    /// <inheritdoc/>
    protected override Task WarnAsync(string text, CancellationToken cancellationToken) => TellAsync(1, text, cancellationToken);

    /// <summary>Makes the channels those of the topics; one that comes back has the id that it had.</summary>
    private ((uint Id, string Name, FeedTopic Topic)[] Added, uint[] Gone) Change((string Name, FeedTopic Topic)[] topics)
    {
        lock (_lock)
        {
            var names = topics.Select(topic => topic.Name).ToHashSet(StringComparer.Ordinal);
            uint[] gone = [.. _channels.Where(channel => !names.Contains(channel.Value)).Select(channel => channel.Key)];
            foreach (var id in gone) _channels.Remove(id);
            var added = topics.Select(topic => (Id: IdOf(topic.Name), topic.Name, topic.Topic)).Where(topic => _channels.TryAdd(topic.Id, topic.Name)).ToArray();
            return (added, gone);
        }
    }

    private uint IdOf(string name)
    {
        if (!_idOf.TryGetValue(name, out var id)) id = _idOf[name] = (uint)_idOf.Count + 1;
        return id;
    }

    private static JsonObject ChannelOf((uint Id, string Name, FeedTopic Topic) channel)
    {
        var told = new JsonObject
        {
            ["id"] = channel.Id,
            ["topic"] = channel.Name,
            ["encoding"] = channel.Topic.Encoding,
            ["schemaName"] = channel.Topic.Type,
            ["schema"] = channel.Topic.Definition ?? "",
        };
        // A definition may be empty and still be one: std_msgs/msg/Empty.
        if (channel.Topic.Definition is not null) told["schemaEncoding"] = channel.Topic.DefinitionEncoding is "ros2idl" or "jsonschema" ? channel.Topic.DefinitionEncoding : "ros2msg";
        return told;
    }

    private async Task SubscribeAsync(JsonArray requests, CancellationToken cancellationToken)
    {
        foreach (var request in requests)
        {
            if (Number((request as JsonObject)?["id"]) is not { } id || Number((request as JsonObject)?["channelId"]) is not { } channel) await TellAsync(2, "a subscription has an id and a channelId", cancellationToken);
            else if (_subscriptions.ContainsKey(id)) await TellAsync(2, $"the subscription {id} is there already", cancellationToken);
            else if (NameOf(channel) is not { } name) await TellAsync(2, $"there is no channel {channel}", cancellationToken);
            else Subscribe(_subscriptions[id] = new FoxgloveSubscription(id, name, OnReady, Time));
        }
    }

    private void Subscribe(FoxgloveSubscription subscription)
    {
        if (Feed.Fleet is not { } fleet || FleetFeed.Find(subscription.Name) is not { } topic)
        {
            Feed.Subscribe(subscription);
            return;
        }
        subscription.KeepNewest();
        fleet.Subscribe(topic, subscription);
    }

    /// <summary>Messages about all agents are long: their bytes are not allocated for every client.</summary>
    private async Task PublishAsync(uint subscription, FeedMessage message, CancellationToken cancellationToken)
    {
        var payload = frames?.Of(message, Catalog.Find(message.Agent)) ?? message.Payload;
        var length = MessageHeader + payload.Length;
        var frame = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            frame[0] = MessageData;
            BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(1), subscription);
            BinaryPrimitives.WriteUInt64LittleEndian(frame.AsSpan(1 + sizeof(uint)), (ulong)message.DueAt);
            payload.CopyTo(frame.AsSpan(MessageHeader));
            await SendAsync(frame.AsMemory(0, length), WebSocketMessageType.Binary, cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(frame);
        }
    }

    private Task UnsubscribeAsync(JsonArray ids)
    {
        foreach (var id in ids.Select(Number).OfType<uint>())
        {
            if (_subscriptions.Remove(id, out var subscription)) Feed.Unsubscribe(subscription);
        }
        return Task.CompletedTask;
    }

    private string? NameOf(uint channel)
    {
        lock (_lock) return _channels.GetValueOrDefault(channel);
    }

    private Task TellAsync(int level, string text, CancellationToken cancellationToken) =>
        SendAsync(new JsonObject { ["op"] = "status", ["level"] = level, ["message"] = text }, cancellationToken);

    private Task SendAsync(JsonObject operation, CancellationToken cancellationToken) =>
        SendAsync(JsonSerializer.SerializeToUtf8Bytes(operation), WebSocketMessageType.Text, cancellationToken);

    private static uint? Number(JsonNode? node) => node is JsonValue value && value.TryGetValue<uint>(out var number) ? number : null;

    private static JsonObject? Parse(ReadOnlySpan<byte> text)
    {
        try
        {
            // A member that is there twice is found out when members are asked for.
            return JsonNode.Parse(text) is JsonObject operation && operation["op"] is JsonValue ? operation : null;
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            return null;
        }
    }

    private sealed class FoxgloveSubscription(uint id, string name, Action<QueuedSubscription> onReady, TimeProvider time) : QueuedSubscription(name, onReady, time)
    {
        public uint Id => id;

        /// <summary>What comes next makes what came before worthless.</summary>
        public void KeepNewest() => Limit(TimeSpan.Zero, queueLength: 1);
    }
}
