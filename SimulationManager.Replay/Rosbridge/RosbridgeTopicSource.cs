using System.Text;
using System.Text.Json;

namespace SimulationManager.Replay;

/// <summary>
/// Subscribes at a rosbridge server. Messages are asked for as ROS serializes them; a server that does not know that sends JSON, which is kept as it comes.
/// </summary>
/// <param name="endpoint">The server.</param>
/// <param name="options">How it is spoken to.</param>
/// <param name="plan">What to listen to.</param>
internal sealed class RosbridgeTopicSource(OutputEndpoint endpoint, RosbridgeEndpointOptions options, ListenPlan plan) : ITopicSource
{
    /// <summary>Bytes of the longest message.</summary>
    private const int LongestMessage = 16 * 1024 * 1024;

    private static readonly TimeSpan ConnectWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan GoodbyeWithin = TimeSpan.FromSeconds(2);

    /// <summary>A server refuses who names no type before the topic is there, and says nothing: it is asked again.</summary>
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, RosbridgeSubscription> _subscriptions =
        plan.Topics.Select(RosbridgeSubscription.Parse).DistinctBy(subscription => subscription.Topic).ToDictionary(subscription => subscription.Topic, StringComparer.Ordinal);
    private readonly HashSet<string> _heard = new(StringComparer.Ordinal);

    public async Task<string?> ListenAsync(ListenerState state, CancellationToken stopping)
    {
        using var session = await SubscribeAsync(state, stopping);
        state.Subscribed(null);
        try
        {
            return await UntilEndedAsync(session, stopping);
        }
        finally
        {
            if (stopping.IsCancellationRequested) await SayGoodbyeAsync(session);
        }
    }

    public string Describe(Exception exception) => RosbridgeFailures.Describe(endpoint, options, exception);

    private async Task<RosbridgeSession> SubscribeAsync(ListenerState state, CancellationToken stopping)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        giveUp.CancelAfter(ConnectWithin);
        var receiver = new RosbridgeReceiver(LongestMessage, operation => HearText(state, operation), HearBinary, () => plan.Heard.Add(null, default));
        var session = await RosbridgeSession.OpenAsync(
            endpoint, options, SinkCredentials.Find(plan.Credentials, endpoint.Credentials), (plan.Simulation, plan.Process), receiver, giveUp.Token);
        try
        {
            foreach (var subscription in _subscriptions.Values) await session.SendAsync(subscription.ToOperation(), giveUp.Token);
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Waits until the connection is over, and meanwhile asks again for what may have been refused.</summary>
    /// <returns>Why it is over.</returns>
    private async Task<string> UntilEndedAsync(RosbridgeSession session, CancellationToken stopping)
    {
        while (true)
        {
            var silent = _subscriptions.Values.Where(subscription => subscription.Type.Length == 0 && !HasHeard(subscription.Topic)).ToArray();
            try
            {
                return await session.Ended.WaitAsync(silent.Length == 0 ? Timeout.InfiniteTimeSpan : AskAgainAfter, plan.Time, stopping);
            }
            catch (TimeoutException)
            {
                foreach (var subscription in silent) await session.SendAsync(subscription.ToOperation(), stopping);
            }
        }
    }

    private void HearBinary(ReadOnlyMemory<byte> message)
    {
        if (RosbridgeSubscription.ReadRaw(message) is var (topic, bytes)) Hear(topic, HeardTopic.Cdr, bytes);
        else plan.Heard.Add(null, default);
    }

    private void HearText(ListenerState state, JsonElement operation)
    {
        if (RosbridgeStatus.ErrorOf(operation) is { } error) state.Warned($"the server says: {error}");
        else if (RosbridgeStatus.TextOf(operation, "op") == "publish" && RosbridgeStatus.TextOf(operation, "topic") is { } topic && operation.TryGetProperty("msg", out var message))
            Hear(topic, HeardTopic.Json, Encoding.UTF8.GetBytes(message.GetRawText()));
    }

    private void Hear(string topic, string encoding, byte[] payload)
    {
        // What nobody asked for is not told apart: a server could make up topics without end.
        if (!_subscriptions.TryGetValue(topic, out var subscription))
        {
            plan.Heard.Add(null, default);
            return;
        }
        lock (_heard) _heard.Add(topic);
        plan.Heard.Add(plan.Heard.TopicOf(topic, subscription.Type, encoding), payload);
    }

    private bool HasHeard(string topic)
    {
        lock (_heard) return _heard.Contains(topic);
    }

    private async Task SayGoodbyeAsync(RosbridgeSession session)
    {
        using var giveUp = new CancellationTokenSource(GoodbyeWithin, plan.Time);
        try
        {
            await session.CloseAsync(giveUp.Token);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // The server sees the connection end.
        }
    }
}
