using Microsoft.Extensions.Logging;

namespace SimulationManager.Replay;

/// <summary>
/// A connection to a rosbridge server that is made anew, after ever longer waits, whenever it is lost. Servers acknowledge nothing: what was handed over to the
/// network is not sent again, and what happens to messages meanwhile is said by the endpoint's policy.
/// </summary>
internal sealed partial class RosbridgeConnection : IReplaySink, IAsyncDisposable
{
    private static readonly TimeSpan ConnectWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan GoodbyeWithin = TimeSpan.FromSeconds(2);

    private readonly RosbridgeSink _sink;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _firstTry = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _losing = new();
    private Task _running = Task.CompletedTask;
    private volatile TaskCompletionSource<RosbridgeSession> _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _awaySince;
    private long _connections;

    public RosbridgeConnection(RosbridgeSink sink, ILogger logger)
    {
        (_sink, _logger) = (sink, logger);
        _awaySince = sink.Plan.Time.GetTimestamp();
        Queue = new SinkQueue(this, sink.Options.Queue, logger);
    }

    /// <summary>What is to be published.</summary>
    public SinkQueue Queue { get; }

    public bool IsConnected => Session is not null;

    /// <summary>The session; null: there is none at the moment.</summary>
    private RosbridgeSession? Session => _connected.Task is { IsCompletedSuccessfully: true } connected ? connected.Result : null;

    /// <summary>Why it is not connected; null while it is, or has not been tried.</summary>
    public string? Error { get; private set; }

    public long Reconnects => Math.Max(0, Volatile.Read(ref _connections) - 1);

    /// <summary>How long it has not been connected.</summary>
    public TimeSpan AwayFor => IsConnected ? TimeSpan.Zero : _sink.Plan.Time.GetElapsedTime(Volatile.Read(ref _awaySince));

    /// <summary>Begins to connect.</summary>
    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>Completes once it is connected or, unless that is waited for, has failed once.</summary>
    public Task ReadyAsync(bool isWaitedFor) => isWaitedFor ? _connected.Task : _firstTry.Task;

    /// <summary>Completes once nothing waits.</summary>
    /// <exception cref="OperationCanceledException">That took too long.</exception>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        while (!Queue.IsIdle || !_pending.IsEmpty) await Task.Delay(TimeSpan.FromMilliseconds(5), cancellationToken);
    }

    /// <summary>Publishes what waits and says goodbye; what is left after a while is given up.</summary>
    public async Task CompleteAsync(TimeSpan atMost)
    {
        await Queue.CompleteAsync(DrainAsync, atMost, _sink.Plan.Time);
        await EndAsync();
    }

    /// <summary>Takes back what agents, which put out nothing more, have advertised.</summary>
    public void Remove(IReadOnlyList<RosbridgeAgent> agents)
    {
        foreach (var agent in agents) agent.IsGone = true;
        // A server that takes nothing now is not waited for.
        if (Session is { } connected) _ = InTurnAsync(connected, session => UnadvertiseAsync(session, agents));
    }

    public async ValueTask DisposeAsync() => await EndAsync();

    private async Task EndAsync()
    {
        await Queue.DisposeAsync();
        await _stopping.CancelAsync();
        await _running;
        _pending.CountLost(message => AgentOf(message).Counter);
    }

    private async Task RunAsync()
    {
        for (var failures = 0; !_stopping.IsCancellationRequested; failures++)
        {
            RosbridgeSession? session = null;
            try
            {
                session = await ConnectAsync();
                failures = 0;
                await OpenAsync(session);
                var why = await session.Ended.WaitAsync(_stopping.Token);
                Lose(session, why);
                // Whoever could not send any more has seen less of it.
                if (session.IsClosedByServer) SetError(why);
            }
            catch (Exception) when (_stopping.IsCancellationRequested)
            {
                if (session is not null) await SayGoodbyeAsync(session);
            }
            catch (Exception exception)
            {
                SetError(RosbridgeFailures.Describe(_sink.Endpoint, _sink.Options, exception));
            }
            session?.Dispose();
            _firstTry.TrySetResult();
            if (!_stopping.IsCancellationRequested)
                await Task.Delay(ReconnectWait.After(failures), _sink.Plan.Time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        _firstTry.TrySetResult();
    }

    /// <summary>Connects, and advertises all that will be published: subscribers find a topic some time after it is there.</summary>
    private async Task<RosbridgeSession> ConnectAsync()
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        giveUp.CancelAfter(ConnectWithin);
        var session = await RosbridgeSession.OpenAsync(_sink.Endpoint, _sink.Options, _sink.Credentials, (_sink.Plan.Simulation, _sink.Plan.Process), _sink.Hear, giveUp.Token);
        try
        {
            foreach (var agent in _sink.Agents.Where(agent => !agent.IsGone))
            {
                // The clock, which is the last one, only if it ticks.
                for (var topic = 0; topic < _sink.Topics.Length - 1; topic++) await AdvertiseAsync(session, agent, topic, giveUp.Token);
            }
        }
        catch
        {
            session.Dispose();
            throw;
        }
        Interlocked.Increment(ref _connections);
        SetError(null);
        return session;
    }

    private void Lose(RosbridgeSession session, Exception exception) => Lose(session, $"the connection was lost: {exception.Message}");

    private void Lose(RosbridgeSession session, string why)
    {
        // What is cut off at the end is no loss.
        if (_stopping.IsCancellationRequested) return;
        lock (_losing)
        {
            if (!_connected.Task.IsCompletedSuccessfully || _connected.Task.Result != session) return;
            Volatile.Write(ref _awaySince, _sink.Plan.Time.GetTimestamp());
            _connected = new TaskCompletionSource<RosbridgeSession>(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        SetError(why);
        session.GiveUp();
    }

    private async Task SayGoodbyeAsync(RosbridgeSession session)
    {
        using var giveUp = new CancellationTokenSource(GoodbyeWithin, _sink.Plan.Time);
        try
        {
            await session.CloseAsync(giveUp.Token);
        }
        catch (Exception exception) when (IsConnectionFailure(exception))
        {
            // The server sees the connection end.
        }
    }

    private void SetError(string? error)
    {
        if (error is not null && error != Error) LogFailed(_logger, _sink.Endpoint, error);
        Error = error;
    }

    [LoggerMessage(212, LogLevel.Warning, "Endpoint {Endpoint}: {Error}")]
    private static partial void LogFailed(ILogger logger, OutputEndpoint endpoint, string error);
}
