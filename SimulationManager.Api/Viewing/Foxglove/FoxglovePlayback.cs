using System.Text.Json.Nodes;
using SimulationManager.Api.Viewing.Feeds;
using SimulationManager.Core.Grains;
using SimulationManager.Core.Model;
using SimulationManager.Replay;

namespace SimulationManager.Api.Viewing.Foxglove;

/// <summary>
/// Time and playback for a client of <c>foxglove.sdk.v1</c>. The run's data lies between its start and its start and the length of the longest bag, so that a time in it
/// is a position; the clock is that by which messages are due, and stands still while the run is paused.
/// </summary>
internal sealed class FoxglovePlayback(ViewedPlayback playback, TimeProvider time)
{
    /// <summary>Nanoseconds between two times that are told.</summary>
    private const long ClockStep = 20_000_000;

    private long _toldTime;

    private long Start => playback.Times.Start.ToUnixNanoseconds();

    private long End => Start + Nanoseconds(playback.Times.Length);

    /// <summary>Adds what the data lies between.</summary>
    public void Describe(JsonObject serverInfo)
    {
        serverInfo["dataStartTime"] = TimeOf(Start);
        serverInfo["dataEndTime"] = TimeOf(End);
    }

    /// <summary>Does what a client wants.</summary>
    /// <returns>Why it was not done, for a person (null: it was), and how the run plays now.</returns>
    public async Task<(string? Problem, byte[] State)> DoAsync(PlaybackRequest request, CancellationToken cancellationToken)
    {
        var problem = ProblemOf(request);
        foreach (var command in problem is null ? CommandsOf(request) : []) problem ??= await playback.TryAsync(command, cancellationToken);
        return (problem, StateNow(request.SeekTo is not null && problem is null, request.Id));
    }

    /// <summary>How the run plays now; null: it is not known yet.</summary>
    public byte[]? State() => playback.IsKnown ? StateNow(hasSought: false, "") : null;

    /// <summary>The clock, if it has gone on; null: it was told shortly before, or stands still.</summary>
    public byte[]? Clock() => playback.IsKnown && !playback.Now.IsPaused ? ClockAt(time.GetUtcNow().ToUnixNanoseconds()) : null;

    /// <summary>The clock at the time at which a message was due; null: it was told shortly before.</summary>
    public byte[]? ClockAt(long dueAt)
    {
        if (dueAt < _toldTime + ClockStep) return null;
        _toldTime = dueAt;
        return PlaybackFrames.WriteTime((ulong)dueAt);
    }

    private string? ProblemOf(PlaybackRequest request)
    {
        if (request.Speed is not (>= (float)PlaybackOptions.MinRate and <= (float)PlaybackOptions.MaxRate)) return $"the speed of a run is {PlaybackOptions.MinRate} to {PlaybackOptions.MaxRate}";
        return request.SeekTo is { } to && (to < (ulong)Start || to > (ulong)End) ? $"a run can be sent to times from {Start} to {End} (dataStartTime to dataEndTime), not to {to}" : null;
    }

    private IEnumerable<RunCommand> CommandsOf(PlaybackRequest request)
    {
        var (isPaused, rate, _) = playback.Now;
        var mustChange = !playback.IsKnown || isPaused != request.IsPause;
        // A run that is to stand at a position must not play on from there, and one that is to play from it must not play before.
        if (mustChange && request.IsPause) yield return new RunCommand.Pause();
        if (!playback.IsKnown || (float)rate != request.Speed) yield return new RunCommand.SetRate(RateOf(request.Speed));
        if (request.SeekTo is { } to) yield return new RunCommand.Seek(TimeSpan.FromTicks(((long)to - Start) / TimeSpan.NanosecondsPerTick));
        if (mustChange && !request.IsPause) yield return new RunCommand.Resume();
    }

    /// <summary>0.1 of 32 bits is no 0.1 of 64.</summary>
    private static double RateOf(float speed) => Math.Clamp(Math.Round((double)speed, 6), PlaybackOptions.MinRate, PlaybackOptions.MaxRate);

    private byte[] StateNow(bool hasSought, string id)
    {
        var (isPaused, rate, position) = playback.Now;
        return PlaybackFrames.WriteState(isPaused, (ulong)(Start + Nanoseconds(position)), (float)rate, hasSought, id);
    }

    private static JsonObject TimeOf(long nanoseconds) => new() { ["sec"] = nanoseconds / 1_000_000_000, ["nsec"] = nanoseconds % 1_000_000_000 };

    private static long Nanoseconds(TimeSpan time) => time.Ticks * TimeSpan.NanosecondsPerTick;
}
