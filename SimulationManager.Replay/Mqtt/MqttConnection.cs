using Microsoft.Extensions.Logging;
using MQTTnet;

namespace SimulationManager.Replay;

/// <summary>
/// A connection to a broker that is made anew, after ever longer waits, whenever it is lost. What happens to messages meanwhile is said by the
/// endpoint's policy; with quality of service 1 and 2 those that were not acknowledged are sent again.
/// </summary>
internal sealed partial class MqttConnection : IReplaySink, IAsyncDisposable
{
    private static readonly TimeSpan ConnectWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan GoodbyeWithin = TimeSpan.FromSeconds(2);

    private readonly MqttSink _sink;
    private readonly MqttAgent? _agent;
    private readonly MqttWire.Factory _wires;
    private readonly IMqttClient _client;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _losing = new();
    private readonly TaskCompletionSource _firstTry = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _running = Task.CompletedTask;
    private volatile TaskCompletionSource<MqttSession> _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _awaySince;
    private long _connections;
    private bool _isPinging;

    /// <param name="sink">The endpoint.</param>
    /// <param name="agent">The agent whose connection it is; null: agents share it.</param>
    public MqttConnection(MqttSink sink, MqttAgent? agent)
    {
        (_sink, _agent) = (sink, agent);
        _wires = new MqttWire.Factory(TimeSpan.FromSeconds(sink.Options.KeepAlive));
        _client = new MqttClientFactory().CreateMqttClient(_wires);
        _client.DisconnectedAsync += OnDisconnectedAsync;
        if (agent?.Vehicle is { } vehicle) _client.ApplicationMessageReceivedAsync += received => ReceiveAsync(vehicle, received.ApplicationMessage);
        _awaySince = sink.Plan.Time.GetTimestamp();
        Queue = new SinkQueue(this, sink.Options.Queue, sink.Logger);
    }

    /// <summary>What is to be published.</summary>
    public SinkQueue Queue { get; }

    public bool IsConnected => Session is not null;

    /// <summary>The session; null: there is none at the moment.</summary>
    private MqttSession? Session => _connected.Task is { IsCompletedSuccessfully: true } connected ? connected.Result : null;

    /// <summary>Why it is not connected; null while it is, or has not been tried.</summary>
    public string? Error { get; private set; }

    public long Reconnects => Math.Max(0, Volatile.Read(ref _connections) - 1);

    /// <summary>How long it has not been connected.</summary>
    public TimeSpan AwayFor => IsConnected || IsCut ? TimeSpan.Zero : _sink.Plan.Time.GetElapsedTime(Volatile.Read(ref _awaySince));

    /// <summary>Begins to connect.</summary>
    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>Completes once it is connected or, unless that is waited for, has failed once.</summary>
    public Task ReadyAsync(bool isWaitedFor) => isWaitedFor ? _connected.Task : _firstTry.Task;

    /// <summary>Completes once nothing waits, acknowledgements included.</summary>
    /// <exception cref="OperationCanceledException">That took too long.</exception>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        while (!Queue.IsIdle) await Task.Delay(TimeSpan.FromMilliseconds(5), cancellationToken);
        await AllAcknowledgedAsync(cancellationToken);
    }

    /// <summary>Publishes what waits, acknowledgements included, and says goodbye; what is left after a while is given up.</summary>
    public async Task CompleteAsync(TimeSpan atMost)
    {
        await Queue.CompleteAsync(AllAcknowledgedAsync, atMost, _sink.Plan.Time);
        await EndAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _client.Dispose();
    }

    private async Task EndAsync()
    {
        await Queue.DisposeAsync();
        await _stopping.CancelAsync();
        await _running;
        if (Session is { } session) Lose(session);
        _pending.CountLost(message => AgentOf(message).Counter);
    }

    private async Task RunAsync()
    {
        for (var failures = 0; !_stopping.IsCancellationRequested; failures++)
        {
            try
            {
                await WaitWhileCutAsync();
                await _sink.Connecting.WaitAsync(_stopping.Token);
                MqttSession session;
                try
                {
                    session = await ConnectAsync();
                }
                finally
                {
                    _sink.Connecting.Release();
                }
                failures = 0;
                await OpenAsync(session);
                if (_agent?.Vehicle is { } vehicle) await TickAsync(vehicle, session);
                else await session.Lost.Task.WaitAsync(_stopping.Token);
            }
            catch (Exception) when (_stopping.IsCancellationRequested)
            {
                break;
            }
            catch (Exception exception)
            {
                SetError(MqttFailures.Describe(_sink.Endpoint, exception));
            }
            _firstTry.TrySetResult();
            await Task.Delay(ReconnectWait.After(failures), _sink.Plan.Time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        _firstTry.TrySetResult();
        await SayGoodbyeAsync();
    }

    private async Task<MqttSession> ConnectAsync()
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        giveUp.CancelAfter(ConnectWithin);
        var result = await _client.ConnectAsync(MqttClientSettings.Of(_sink, _agent), giveUp.Token);
        if (result.ResultCode != MqttClientConnectResultCode.Success) throw new MqttRefusedException(result);
        var session = new MqttSession(_sink, _wires.Wire!, result);
        if (_agent?.Vehicle is { } vehicle) await IntroduceAsync(vehicle, giveUp.Token);
        else if (_agent is not null) await TellAsync("online", giveUp.Token);
        Interlocked.Increment(ref _connections);
        SetError(null);
        return session;
    }

    private Task OnDisconnectedAsync(MqttClientDisconnectedEventArgs disconnected)
    {
        if (!disconnected.ClientWasConnected || Session is not { } session) return Task.CompletedTask;
        if (!_stopping.IsCancellationRequested) SetError(MqttFailures.Describe(_sink.Endpoint, disconnected));
        Lose(session);
        return Task.CompletedTask;
    }

    private void Lose(MqttSession session, Exception exception)
    {
        SetError($"the connection was lost: {exception.Message}");
        Lose(session);
    }

    private void Lose(MqttSession session)
    {
        lock (_losing)
        {
            if (session.Window.Close() is not { } unacknowledged) return;
            _pending.Add(unacknowledged.Select(message => (message, IsOut: true)));
            Volatile.Write(ref _awaySince, _sink.Plan.Time.GetTimestamp());
            _connected = new TaskCompletionSource<MqttSession>(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        session.Lost.TrySetResult();
    }

    /// <summary>Pings the broker when it is time to.</summary>
    public void KeepAlive()
    {
        if (Session is { } session && session.Wire.Channel.SilentFor > session.Wire.KeepAlive * 0.75 && !Interlocked.Exchange(ref _isPinging, true)) _ = PingAsync(session);
    }

    private async Task PingAsync(MqttSession session)
    {
        using var giveUp = new CancellationTokenSource(session.Wire.KeepAlive / 2, _sink.Plan.Time);
        try
        {
            await _client.PingAsync(giveUp.Token);
        }
        catch (Exception) when (giveUp.IsCancellationRequested)
        {
            Lose(session, new TimeoutException($"the broker has not answered for {session.Wire.KeepAlive.TotalSeconds / 2:0.#} s"));
            await session.Wire.Channel.DisconnectAsync(CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // Lost, which is seen where it is read.
        }
        Volatile.Write(ref _isPinging, false);
    }

    private async Task SayGoodbyeAsync()
    {
        using var giveUp = new CancellationTokenSource(GoodbyeWithin, _sink.Plan.Time);
        try
        {
            if (!_client.IsConnected) return;
            if (_agent?.Vehicle is { } vehicle)
            {
                vehicle.Vehicle.Disconnecting(Now, vehicle.Due);
                await SayAsync(vehicle, giveUp.Token);
            }
            else if (_agent is not null)
            {
                await TellAsync("offline", giveUp.Token);
            }
            _wires.Wire!.Channel.SayGoodbye(GoodbyeWithin);
            await _client.DisconnectAsync(new MqttClientDisconnectOptions(), giveUp.Token);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // The broker tells the Last Will instead.
        }
    }

    /// <summary>Tells whether the agent is there, as its Last Will does should its process be lost.</summary>
    private Task<MqttClientPublishResult> TellAsync(string presence, CancellationToken cancellationToken) => _client.PublishAsync(
        new MqttApplicationMessageBuilder().WithTopic(_agent!.StatusTopic).WithPayload(presence).WithRetainFlag().WithQualityOfServiceLevel(MQTTnet.Protocol.MqttQualityOfServiceLevel.AtLeastOnce).Build(),
        cancellationToken);

    private void SetError(string? error)
    {
        if (error is not null && IsCut) return;
        if (error is not null && error != Error) LogFailed(_sink.Logger, _sink.Endpoint, error);
        Error = error;
    }

    [LoggerMessage(211, LogLevel.Warning, "Endpoint {Endpoint}: {Error}")]
    private static partial void LogFailed(ILogger logger, OutputEndpoint endpoint, string error);
}
