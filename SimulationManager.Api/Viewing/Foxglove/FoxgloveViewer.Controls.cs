using System.Net.WebSockets;
using System.Text.Json.Nodes;

namespace SimulationManager.Api.Viewing.Foxglove;

/// <summary>What the client asks of that which plays.</summary>
internal sealed partial class FoxgloveViewer
{
    private async Task HandleAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
    {
        if (frame.Span is [PlaybackFrames.Request, ..] && _controls is not null && PlaybackFrames.TryRead(frame.Span, out var request))
        {
            await CommandAsync(request, cancellationToken);
            return;
        }
        if (frame.Span is [FoxgloveServices.Call, ..] && _services is not null && await _services.AnswerAsync(frame, cancellationToken) is var (answer, failure) && (answer is not null || failure is not null))
        {
            if (answer is not null) await SendAsync(answer, WebSocketMessageType.Binary, cancellationToken);
            else await SendAsync(failure!, cancellationToken);
            OnPlaybackChanged();
            return;
        }
        await TellAsync(2, "what was sent is no binary message that this server knows, or is cut off", cancellationToken);
    }

    /// <summary>Does what the client wants; it is answered between messages from before and those from after it.</summary>
    private async Task CommandAsync(PlaybackRequest request, CancellationToken cancellationToken)
    {
        _isBeingCommanded = true;
        var problem = await _controls!.DoAsync(request, cancellationToken);
        if (problem is not null) await TellAsync(2, problem, cancellationToken);
        _answers.Enqueue((request.SeekTo is not null && problem is null, request.Id));
        _isBeingCommanded = false;
        OnPlaybackChanged();
    }

    private async Task SetParametersAsync(JsonObject operation, CancellationToken cancellationToken)
    {
        var parameters = operation["parameters"] as JsonArray ?? [];
        foreach (var parameter in parameters)
        {
            if (await _parameters.SetAsync(parameter as JsonObject ?? [], cancellationToken) is { } problem) await TellAsync(2, problem, cancellationToken);
        }
        if (Text(operation["id"]) is { } id) await SendAsync(_parameters.Values([.. parameters.Select(parameter => Text((parameter as JsonObject)?["name"])).OfType<string>()], id), cancellationToken);
        OnPlaybackChanged();
    }

    private Task SubscribeParameters(JsonObject operation, Action<IReadOnlyCollection<string>> change)
    {
        change(Names(operation));
        OnPlaybackChanged();
        return Task.CompletedTask;
    }

    private static string[] Names(JsonObject operation) => [.. (operation["parameterNames"] as JsonArray ?? []).Select(Text).OfType<string>()];

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
