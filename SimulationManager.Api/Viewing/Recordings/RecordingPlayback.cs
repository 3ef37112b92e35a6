using SimulationManager.Api.Viewing.Feeds;
using SimulationManager.Core.Grains;
using SimulationManager.Replay;

namespace SimulationManager.Api.Viewing.Recordings;

/// <summary>How a recording is to play for a viewer that does not say.</summary>
/// <param name="Rate">Speed factor.</param>
/// <param name="Start">Where it begins, from its first message.</param>
/// <param name="Loop">Whether it begins there again when it has ended.</param>
internal sealed record RecordingStart(double Rate, TimeSpan Start, bool Loop);

/// <summary>
/// A recording that plays for one viewer alone. It begins shortly after the viewer has subscribed to something, so that topics to which it subscribes one after the other are
/// there from the first message on; or with its first command. Each jump discards what has not been sent and begins another pass, once the viewer was told of the jump.
/// </summary>
internal sealed partial class RecordingPlayback : IViewedPlayback, IAsyncDisposable
{
    /// <summary>How often it is looked for other subscriptions, and a viewer told where it is.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    /// <summary>A recording of one message is not to begin anew all the time.</summary>
    private static readonly TimeSpan ShortestPass = TimeSpan.FromSeconds(1);

    /// <summary>Ticks without another subscription after which it begins.</summary>
    private const int QuietTicks = 2;

    private readonly ReplayEngine _engine;
    private readonly OpenRecording _recording;
    private readonly RecordingFeed _feed;
    private readonly RecordingStart _start;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly CancellationTokenSource _leaving = new();
    private FeedViewer _viewer = null!;
    private Task _running = Task.CompletedTask;
    private RecordingPass? _pass;
    private Phase _phase;
    private bool _isPaused = true;
    private double _rate;
    private long _position;
    private long _at;
    private bool _hasRestarted;
    private bool _hasLooped;
    private string? _notice;
    private bool _isDisposed;

    public RecordingPlayback(ReplayEngine engine, OpenRecording recording, RecordingStart start, TimeProvider time, ILogger<RecordingPlayback> logger)
    {
        (_engine, _recording, _start, _time, _logger) = (engine, recording, start, time, logger);
        (_rate, _position) = (start.Rate, First);
        _feed = new RecordingFeed(recording.Topics);
    }

    private enum Phase
    {
        /// <summary>The viewer has not asked for anything yet.</summary>
        Waiting,

        /// <summary>A pass begins once the viewer was told of it.</summary>
        Starting,

        /// <summary>A pass plays, or is paused.</summary>
        Playing,

        /// <summary>All was put out, but not yet sent.</summary>
        Draining,

        /// <summary>All was sent, and no other pass follows by itself.</summary>
        Ended,
    }

    /// <inheritdoc/>
    public string Kind => "recording";

    /// <inheritdoc/>
    public long Start => Math.Clamp(_recording.Timeline.Start, 0, long.MaxValue - Length);

    /// <inheritdoc/>
    public long Length => _recording.Timeline.Duration;

    /// <inheritdoc/>
    public bool IsKnown => true;

    /// <inheritdoc/>
    public PlaybackState Now
    {
        get
        {
            lock (_lock) return new PlaybackState(_isPaused, _rate, PositionNow(), _phase == Phase.Ended);
        }
    }

    /// <inheritdoc/>
    public long ClockNow => Start + Now.Position;

    /// <inheritdoc/>
    public bool ClockIsPosition => true;

    private long First => Math.Min(_start.Start.Ticks * TimeSpan.NanosecondsPerTick, Length);

    /// <summary>Lets the viewer watch.</summary>
    /// <returns>What it watches.</returns>
    public RecordingFeed Join(FeedViewer viewer)
    {
        _viewer = viewer;
        viewer.OnChanged(_feed.Catalog);
        viewer.OnPlaybackChanged();
        _running = Task.WhenAll(FollowAsync(), EndIfLostAsync());
        return _feed;
    }

    /// <inheritdoc/>
    public async Task<string?> TryAsync(RunCommand command, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            switch (command)
            {
                case RunCommand.SetRate { Rate: var rate }:
                    Change(() => _rate = rate);
                    break;
                case RunCommand.Pause:
                    Change(() => SetPaused(true));
                    break;
                case RunCommand.Resume:
                    if (Now.HasEnded) await JumpAsync(First, isByItself: true);
                    Change(() => SetPaused(false));
                    break;
                case RunCommand.Seek { Position: var position }:
                    await JumpAsync(Math.Min(position.Ticks * TimeSpan.NanosecondsPerTick, Length), isByItself: false);
                    break;
                default:
                    return "a recording can be paused, resumed, sent to a time and played at another speed";
            }
            await ObeyAsync();
            return null;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public bool TakeRestart()
    {
        lock (_lock)
        {
            var hasRestarted = _hasRestarted;
            _hasRestarted = false;
            return hasRestarted;
        }
    }

    /// <inheritdoc/>
    public string? TakeNotice() => Interlocked.Exchange(ref _notice, null);

    /// <inheritdoc/>
    public async Task OnToldAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_phase != Phase.Starting) return;
        }
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await StartAsync();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public bool OnDrained()
    {
        lock (_lock)
        {
            if (_phase != Phase.Draining) return false;
            var isEmpty = _recording.Timeline.Count == 0;
            if (_start.Loop && !isEmpty)
            {
                if (!_hasLooped) _notice = "the recording has ended and begins again, over and over";
                (_phase, _position, _at, _hasLooped, _hasRestarted) = (Phase.Starting, First, 0, true, true);
            }
            else
            {
                _notice = isEmpty ? "the recording has no messages" : "the recording has ended; it begins again when it is resumed";
                (_phase, _position, _at, _isPaused) = (Phase.Ended, Length, 0, true);
            }
            return true;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true)) return;
        await _leaving.CancelAsync();
        await _running;
        if (_pass is not null) await _pass.DisposeAsync();
        _leaving.Dispose();
        _turn.Dispose();
    }

    /// <summary>Follows what the viewer subscribes to, and has it told where the recording is.</summary>
    private async Task FollowAsync()
    {
        var quiet = 0;
        await UntilLeavingAsync(async () =>
        {
            while (true)
            {
                await Task.Delay(Tick, _time, _leaving.Token);
                quiet = _feed.TakeChanged() ? 0 : quiet + 1;
                if (quiet == 0) await ChooseAsync();
                if (BeginIfDue(quiet) || !Now.IsPaused) _viewer.OnPlaybackChanged();
            }
        });
    }

    private bool BeginIfDue(int quiet)
    {
        lock (_lock)
        {
            if (_phase != Phase.Waiting || quiet < QuietTicks || (_feed.Chosen().Length == 0 && _recording.Timeline.Count > 0)) return false;
            SetPaused(false);
            return true;
        }
    }

    private async Task ChooseAsync()
    {
        await _turn.WaitAsync(_leaving.Token);
        try
        {
            if (_pass is { } pass) await pass.ChooseAsync(_feed.Chosen());
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Goes elsewhere. In turn.</summary>
    private async Task JumpAsync(long position, bool isByItself)
    {
        var pass = _pass;
        _pass = null;
        if (pass is not null) await pass.DisposeAsync();
        _feed.Clear();
        lock (_lock) (_phase, _position, _at, _hasRestarted) = (Phase.Starting, position, 0, isByItself);
    }

    /// <summary>Changes how it plays from now on.</summary>
    private void Change(Action change)
    {
        lock (_lock)
        {
            (_position, _at) = (PositionNow(), _at == 0 ? 0 : _time.GetTimestamp());
            change();
        }
    }

    /// <summary>Pauses or resumes, and begins if it has not. Under the lock.</summary>
    private void SetPaused(bool isPaused)
    {
        _isPaused = isPaused;
        if (_phase == Phase.Waiting) _phase = Phase.Starting;
    }

    /// <summary>Lets the pass play as it should; the next one begins so. In turn.</summary>
    private async Task ObeyAsync()
    {
        if (_pass is not { } pass) return;
        var now = Now;
        await pass.PlayAsync(now.IsPaused, now.Rate, position: null);
        if (!now.IsPaused) return;
        var position = await pass.PositionAsync();
        lock (_lock) _position = position;
    }

    /// <summary>Begins the next pass. In turn.</summary>
    private async Task StartAsync()
    {
        lock (_lock)
        {
            if (_phase != Phase.Starting) return;
            _phase = Phase.Playing;
        }
        var pass = _pass = new RecordingPass(_engine, _recording.Timeline, _feed.Take, () => _viewer.OnMissed(1), _logger);
        await pass.ChooseAsync(_feed.Chosen());
        var now = Now;
        lock (_lock) _at = _time.GetTimestamp();
        await pass.PlayAsync(now.IsPaused, now.Rate, TimeSpan.FromTicks(now.Position / TimeSpan.NanosecondsPerTick));
        _ = EndAfterAsync(pass, _time.GetTimestamp());
    }

    /// <summary>Ends a pass once all of it was put out, unless the viewer goes elsewhere before.</summary>
    private Task EndAfterAsync(RecordingPass pass, long startedAt) => UntilLeavingAsync(async () =>
    {
        await pass.Ended.WaitAsync(_leaving.Token);
        await pass.CompleteAsync();
        if (_start.Loop && _time.GetElapsedTime(startedAt) is var played && played < ShortestPass) await Task.Delay(ShortestPass - played, _time, _leaving.Token);
        await _turn.WaitAsync(_leaving.Token);
        try
        {
            if (_pass != pass) return;
            _pass = null;
            await pass.DisposeAsync();
            lock (_lock) _phase = Phase.Draining;
        }
        finally
        {
            _turn.Release();
        }
        _viewer.OnPlaybackChanged();
    });

    /// <summary>Sends the viewer away when the rest of the recording will not come.</summary>
    private Task EndIfLostAsync() => UntilLeavingAsync(async () =>
    {
        try
        {
            await _recording.Complete.WaitAsync(_leaving.Token);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogLost(_logger, exception);
            _viewer.OnEnded("the rest of the recording cannot be fetched or read; see the server's log");
        }
    });

    private static async Task UntilLeavingAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
        {
            // The viewer has left, or the server stops.
        }
    }

    [LoggerMessage(725, LogLevel.Warning, "The rest of a recording that a client watches will not come")]
    private static partial void LogLost(ILogger logger, Exception exception);

    private long PositionNow()
    {
        if (_isPaused || _at == 0) return _position;
        return (long)Math.Min(_position + (_time.GetElapsedTime(_at).TotalNanoseconds * _rate), Length);
    }
}
