using SimulationManager.Api.Executions;
using SimulationManager.Core.Grains;
using SimulationManager.Replay;

namespace SimulationManager.Api.Viewing.Feeds;

/// <summary>How a run plays as one viewer knows it, and what that viewer asks of it. Commands one at a time; else for any number of threads.</summary>
internal sealed class ViewedPlayback(RunControls run, RunTimes times, TimeProvider time) : IViewedPlayback
{
    /// <summary>Workers tell where agents are a little later: for so long after a command it is known better here.</summary>
    private static readonly TimeSpan Trusted = TimeSpan.FromSeconds(3);

    private readonly Lock _lock = new();
    private long _commandedAt;
    private long _at;
    private bool _isPaused;
    private double _rate = times.Rate;
    private TimeSpan _position;
    private IReadOnlyList<InjectedFaultsView> _faults = [];

    /// <inheritdoc/>
    public string Kind => "run";

    /// <inheritdoc/>
    public long Start => times.Start.ToUnixNanoseconds();

    /// <inheritdoc/>
    public long Length => times.Length.Ticks * TimeSpan.NanosecondsPerTick;

    /// <inheritdoc/>
    public bool IsKnown { get; private set; }

    /// <inheritdoc/>
    public PlaybackState Now
    {
        get
        {
            lock (_lock) return new(_isPaused, _rate, PositionNow().Ticks * TimeSpan.NanosecondsPerTick);
        }
    }

    /// <summary>What is injected into the run's parts.</summary>
    public IReadOnlyList<InjectedFaultsView> Faults
    {
        get
        {
            lock (_lock) return _faults;
        }
    }

    /// <inheritdoc/>
    public long ClockNow => time.GetUtcNow().ToUnixNanoseconds();

    /// <inheritdoc/>
    public bool ClockIsPosition => false;

    /// <summary>Takes what is told of the run.</summary>
    public void Take(RunPlayback playback)
    {
        lock (_lock)
        {
            if (_commandedAt != 0 && time.GetElapsedTime(_commandedAt) < Trusted) return;
            _position = playback.Position ?? PositionNow();
            (_isPaused, _rate, _at, IsKnown) = (playback.IsPaused, playback.Rate ?? times.Rate, time.GetTimestamp(), true);
            _faults = playback.Faults;
        }
    }

    /// <inheritdoc/>
    public async Task<string?> TryAsync(RunCommand command, CancellationToken cancellationToken)
    {
        if (await run.TryAsync(command, cancellationToken) is { } problem) return problem;
        lock (_lock)
        {
            _position = command is RunCommand.Seek seek ? seek.Position : PositionNow();
            _at = _commandedAt = time.GetTimestamp();
            if (command is RunCommand.SetRate rate) _rate = rate.Rate;
            if (command is RunCommand.Pause or RunCommand.Resume) _isPaused = command is RunCommand.Pause;
        }
        return null;
    }

    /// <summary>Replaces all faults that are injected into the run.</summary>
    /// <returns>Why it was not done, for a person; null: it was.</returns>
    public async Task<string?> TryInjectAsync(IReadOnlyList<FaultsRequest> faults, CancellationToken cancellationToken)
    {
        var (problem, now) = await run.TryInjectAsync(faults, cancellationToken);
        if (problem is not null) return problem;
        lock (_lock)
        {
            _position = PositionNow();
            _at = _commandedAt = time.GetTimestamp();
            _faults = now;
        }
        return null;
    }

    private TimeSpan PositionNow()
    {
        var now = _isPaused || _at == 0 ? _position : _position + (time.GetElapsedTime(_at) * _rate);
        return now < TimeSpan.Zero ? TimeSpan.Zero : now > times.Length ? times.Length : now;
    }
}
