using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using SimulationManager.Api.Viewing.Feeds;

namespace SimulationManager.Api.Viewing.Rosbridge;

/// <summary>One client of a run's rosbridge.</summary>
internal sealed class RosbridgeViewer(WebSocket socket, TimeProvider time) : FeedViewer(socket, time)
{
    private const int MostSubscriptions = 20_000;

    private static readonly string[] s_levels = ["none", "error", "warning", "info"];

    private readonly Dictionary<string, RosbridgeSubscription> _subscriptions = new(StringComparer.Ordinal);
    private readonly HashSet<string> _withoutForm = new(StringComparer.Ordinal);
    private int _level = 2;
    private long _fragmented;

    /// <inheritdoc/>
    protected override string SlownessAdvice => "; throttle_rate asks for fewer";

    /// <inheritdoc/>
    protected override IEnumerable<QueuedSubscription> Subscriptions => _subscriptions.Values;

    /// <inheritdoc/>
    protected override async Task HandleAsync(WebSocketMessageType type, ReadOnlyMemory<byte> request, CancellationToken cancellationToken)
    {
        if (type != WebSocketMessageType.Text)
        {
            await TellAsync("error", "operations are text: JSON", id: null, cancellationToken);
            return;
        }
        RosbridgeOperation operation;
        try
        {
            operation = RosbridgeOperation.Parse(request.Span);
        }
        catch (FormatException exception)
        {
            await TellAsync("error", exception.Message, id: null, cancellationToken);
            return;
        }
        var task = operation.Name switch
        {
            "subscribe" => SubscribeAsync(operation, cancellationToken),
            "unsubscribe" => UnsubscribeAsync(operation),
            "call_service" => AnswerAsync(operation, cancellationToken),
            "set_level" => SetLevelAsync(operation, cancellationToken),
            // Clients take back what they have advertised, whatever became of it.
            "unadvertise" or "unadvertise_service" or "unadvertise_action" => Task.CompletedTask,
            "publish" or "advertise" or "advertise_service" or "advertise_action" or "send_action_goal" => TellAsync("error", "the agents of a run take no messages: they can be listened to", operation.Id, cancellationToken),
            var unknown => TellAsync("error", $"there is no operation '{unknown}'", operation.Id, cancellationToken),
        };
        await task;
    }

    /// <inheritdoc/>
    protected override async Task PublishAsync(QueuedSubscription subscription, FeedMessage message, CancellationToken cancellationToken)
    {
        var options = ((RosbridgeSubscription)subscription).Options;
        if (RosbridgeForms.Publish(message, options.Compression) is not { } operation)
        {
            if (_withoutForm.Add(message.Name)) await TellAsync("error", $"a message of {message.Name} cannot be brought in this form: {message.Topic.Problem ?? "it is damaged"}", id: null, cancellationToken);
            return;
        }
        if (options.Compression is RosbridgeCompression.Cbor or RosbridgeCompression.CborRaw) await SendAsync(operation, WebSocketMessageType.Binary, cancellationToken);
        else if (options.FragmentSize == 0 || operation.Length <= options.FragmentSize) await SendAsync(operation, WebSocketMessageType.Text, cancellationToken);
        else
        {
            var id = $"{++_fragmented}";
            foreach (var fragment in RosbridgeForms.Fragments(operation, options.FragmentSize, id)) await SendAsync(fragment, WebSocketMessageType.Text, cancellationToken);
        }
    }

    /// <inheritdoc/>
    protected override Task WarnAsync(string text, CancellationToken cancellationToken) => TellAsync("warning", text, id: null, cancellationToken);

    private async Task SubscribeAsync(RosbridgeOperation operation, CancellationToken cancellationToken)
    {
        if (operation.ProblemOfSubscription() is { } problem)
        {
            await TellAsync("error", problem, operation.Id, cancellationToken);
            return;
        }
        if (ProblemOf(operation) is { } mismatch) await TellAsync("error", mismatch, operation.Id, cancellationToken);
        if (_subscriptions.TryGetValue(operation.Topic, out var subscription))
        {
            subscription.Request(operation.Id ?? "", operation.Options);
            return;
        }
        if (_subscriptions.Count == MostSubscriptions)
        {
            await TellAsync("error", $"a client may subscribe to {MostSubscriptions} topics at most", operation.Id, cancellationToken);
            return;
        }
        subscription = _subscriptions[operation.Topic] = new RosbridgeSubscription(operation.Topic, OnReady, Time);
        subscription.Request(operation.Id ?? "", operation.Options);
        Feed.Subscribe(subscription);
    }

    /// <summary>What will come of a subscription that is not what the client thinks; null: nothing of that kind.</summary>
    private string? ProblemOf(RosbridgeOperation operation)
    {
        if (Catalog.Find(operation.Topic) is not var (_, topic)) return null;
        if (operation.Type is { } type && topic.Type.Length > 0 && Normalize(type) != Normalize(topic.Type)) return $"{operation.Topic} is of the type {topic.Type}, not {type}; its messages come as they are";
        return operation.Options.Compression != RosbridgeCompression.CborRaw && topic.Problem is { } problem
            ? $"messages of {operation.Topic} can be brought by compression 'cbor-raw' alone: {problem}"
            : null;
    }

    private Task UnsubscribeAsync(RosbridgeOperation operation)
    {
        if (!_subscriptions.TryGetValue(operation.Topic, out var subscription)) return Task.CompletedTask;
        subscription.Withdraw(operation.Id);
        if (!subscription.IsUnwanted) return Task.CompletedTask;
        _subscriptions.Remove(operation.Topic);
        Feed.Unsubscribe(subscription);
        return Task.CompletedTask;
    }

    private Task AnswerAsync(RosbridgeOperation operation, CancellationToken cancellationToken)
    {
        var (values, succeeded) = RosapiServices.Call(operation.Service, operation.Arguments, Catalog, Time.GetUtcNow());
        return SendAsync(
            JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["op"] = "service_response", ["id"] = operation.Id, ["service"] = operation.Service, ["values"] = values, ["result"] = succeeded }),
            WebSocketMessageType.Text, cancellationToken);
    }

    private Task SetLevelAsync(RosbridgeOperation operation, CancellationToken cancellationToken)
    {
        var level = Array.IndexOf(s_levels, operation.Level);
        if (level < 0) return TellAsync("error", $"there is no level '{operation.Level}'; those are none, error, warning, info", operation.Id, cancellationToken);
        _level = level;
        return Task.CompletedTask;
    }

    private Task TellAsync(string level, string text, string? id, CancellationToken cancellationToken)
    {
        if (Array.IndexOf(s_levels, level) > _level) return Task.CompletedTask;
        var status = new JsonObject { ["op"] = "status", ["level"] = level, ["msg"] = text };
        if (id is not null) status["id"] = id;
        return SendAsync(JsonSerializer.SerializeToUtf8Bytes(status), WebSocketMessageType.Text, cancellationToken);
    }

    /// <summary>The name of a type with <c>/msg/</c>, which ROS 1 and older pages leave out.</summary>
    private static string Normalize(string type) => type.Split('/') is [var package, var name] ? $"{package}/msg/{name}" : type;
}
