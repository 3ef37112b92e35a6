using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace SimulationManager.Replay;

/// <summary>
/// Subscribes at a rosbridge server. Messages are asked for as ROS serializes them; a server that does not know that sends JSON, which is kept as it comes.
/// </summary>
internal sealed partial class RosbridgeListener : ITopicListener
{
    /// <summary>Bytes of the longest message.</summary>
    private const int LongestMessage = 16 * 1024 * 1024;

    private static readonly TimeSpan ConnectWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan GoodbyeWithin = TimeSpan.FromSeconds(2);

    /// <summary>A server refuses who names no type before the topic is there, and says nothing: it is asked again.</summary>
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(2);

    private readonly OutputEndpoint _endpoint;
    private readonly RosbridgeEndpointOptions _options;
    private readonly ListenPlan _plan;
    private readonly ListenerState _state;
    private readonly Dictionary<string, RosbridgeSubscription> _subscriptions;
    private readonly HashSet<string> _heard = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;

    public RosbridgeListener(OutputEndpoint endpoint, RosbridgeEndpointOptions options, ListenPlan plan)
    {
        (_endpoint, _options, _plan) = (endpoint, options, plan);
        _state = new ListenerState(plan.Time);
        _subscriptions = plan.Topics.Select(RosbridgeSubscription.Parse).DistinctBy(subscription => subscription.Topic).ToDictionary(subscription => subscription.Topic, StringComparer.Ordinal);
        _running = Task.Run(RunAsync);
    }

    public ListenerStatus Status => _state.Status;

    public IReadOnlyList<ListenerGap> TakeGaps(DateTimeOffset now) => _state.TakeGaps(now);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
        _plan.Heard.Complete();
    }

    private async Task RunAsync()
    {
        for (var failures = 0; !_stopping.IsCancellationRequested; failures++)
        {
            RosbridgeSession? session = null;
            try
            {
                session = await SubscribeAsync();
                _state.Subscribed(null);
                failures = 0;
                Fail(await UntilEndedAsync(session));
            }
            catch (Exception) when (_stopping.IsCancellationRequested)
            {
                if (session is not null) await SayGoodbyeAsync(session);
            }
            catch (Exception exception)
            {
                Fail(RosbridgeFailures.Describe(_endpoint, _options, exception));
            }
            session?.Dispose();
            await Task.Delay(ReconnectWait.After(failures), _plan.Time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<RosbridgeSession> SubscribeAsync()
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        giveUp.CancelAfter(ConnectWithin);
        var receiver = new RosbridgeReceiver(LongestMessage, HearText, HearBinary, () => _plan.Heard.Add(null, default));
        var session = await RosbridgeSession.OpenAsync(
            _endpoint, _options, SinkCredentials.Find(_plan.Credentials, _endpoint.Credentials), (_plan.Simulation, _plan.Process), receiver, giveUp.Token);
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
    private async Task<string> UntilEndedAsync(RosbridgeSession session)
    {
        while (true)
        {
            var silent = _subscriptions.Values.Where(subscription => subscription.Type.Length == 0 && !HasHeard(subscription.Topic)).ToArray();
            try
            {
                return await session.Ended.WaitAsync(silent.Length == 0 ? Timeout.InfiniteTimeSpan : AskAgainAfter, _plan.Time, _stopping.Token);
            }
            catch (TimeoutException)
            {
                foreach (var subscription in silent) await session.SendAsync(subscription.ToOperation(), _stopping.Token);
            }
        }
    }

    private void HearBinary(ReadOnlyMemory<byte> message)
    {
        if (RosbridgeSubscription.ReadRaw(message) is var (topic, bytes)) Hear(topic, HeardTopic.Cdr, bytes);
        else _plan.Heard.Add(null, default);
    }

    private void HearText(JsonElement operation)
    {
        if (RosbridgeStatus.ErrorOf(operation) is { } error) Warn($"the server says: {error}");
        else if (RosbridgeStatus.TextOf(operation, "op") == "publish" && RosbridgeStatus.TextOf(operation, "topic") is { } topic && operation.TryGetProperty("msg", out var message))
            Hear(topic, HeardTopic.Json, Encoding.UTF8.GetBytes(message.GetRawText()));
    }

    private void Hear(string topic, string encoding, byte[] payload)
    {
        // What nobody asked for is not told apart: a server could make up topics without end.
        if (!_subscriptions.TryGetValue(topic, out var subscription))
        {
            _plan.Heard.Add(null, default);
            return;
        }
        lock (_heard) _heard.Add(topic);
        _plan.Heard.Add(_plan.Heard.TopicOf(topic, subscription.Type, encoding), payload);
    }

    private bool HasHeard(string topic)
    {
        lock (_heard) return _heard.Contains(topic);
    }

    private async Task SayGoodbyeAsync(RosbridgeSession session)
    {
        using var giveUp = new CancellationTokenSource(GoodbyeWithin, _plan.Time);
        try
        {
            await session.CloseAsync(giveUp.Token);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // The server sees the connection end.
        }
    }

    private void Fail(string error)
    {
        if (_state.Failed(error)) LogFailed(_plan.Logger, _endpoint, error);
    }

    private void Warn(string problem)
    {
        if (_state.Warned(problem)) LogFailed(_plan.Logger, _endpoint, problem);
    }

    [LoggerMessage(273, LogLevel.Warning, "Listening at {Endpoint}: {Error}")]
    private static partial void LogFailed(ILogger logger, OutputEndpoint endpoint, string error);
}
