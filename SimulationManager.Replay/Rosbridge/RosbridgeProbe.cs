using System.Text.Json;
using System.Text.Json.Nodes;

namespace SimulationManager.Replay;

/// <summary>Tries a rosbridge server.</summary>
internal static class RosbridgeProbe
{
    private const string Type = "std_msgs/msg/String";

    public static async Task<EndpointProbe> RunAsync(
        OutputEndpoint endpoint, RosbridgeEndpointOptions options, IReadOnlyDictionary<string, SinkCredentials> credentials, CancellationToken giveUp)
    {
        var found = new EndpointProbe();
        var topic = RosbridgeEndpointOptions.FullName(endpoint.Prefix, EndpointProbe.TopicName);
        // Nobody acknowledges what is published: it is there once it comes back, or the server says why not.
        var heard = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            var started = TimeProvider.System.GetTimestamp();
            using var session = await RosbridgeSession.OpenAsync(endpoint, options, SinkCredentials.Find(credentials, endpoint.Credentials), ("0", "check"), Hear, giveUp);
            found = found with { Connect = TimeProvider.System.GetElapsedTime(started) };
            started = TimeProvider.System.GetTimestamp();
            await session.AdvertiseAsync(topic, Type, isLatched: false, giveUp);
            await session.SendAsync(new JsonObject { ["op"] = "subscribe", ["topic"] = topic, ["type"] = Type }, giveUp);
            await session.SendAsync(new JsonObject { ["op"] = "publish", ["topic"] = topic, ["msg"] = new JsonObject { ["data"] = EndpointProbe.Text } }, giveUp);
            found = found with { Topic = topic };
            await Task.WhenAny((Task)heard.Task, session.Ended).WaitAsync(giveUp);
            var error = heard.Task.IsCompleted ? await heard.Task : await session.Ended;
            if (error is not null) return found with { Error = error };
            found = found with { Publish = TimeProvider.System.GetElapsedTime(started) };
            await session.SendAsync(new JsonObject { ["op"] = "unsubscribe", ["topic"] = topic }, giveUp);
            await session.CloseAsync(giveUp);
            return found;
        }
        catch (OperationCanceledException) when (found.Publish is not null)
        {
            // Only the goodbye was not answered.
            return found;
        }
        catch (OperationCanceledException) when (found.Topic is not null)
        {
            return found with { Error = $"what is published on {topic} does not come back to who subscribes to it: either this is no rosbridge server, or it allows neither" };
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return found with { Error = RosbridgeFailures.Describe(endpoint, options, exception) };
        }

        void Hear(JsonElement operation)
        {
            if (RosbridgeStatus.ErrorOf(operation) is { } error) heard.TrySetResult($"the server says: {error}");
            else if (RosbridgeStatus.TextOf(operation, "op") == "publish" && RosbridgeStatus.TextOf(operation, "topic") == topic) heard.TrySetResult(null);
        }
    }
}
