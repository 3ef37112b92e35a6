using System.Text.Json.Nodes;
using SimulationManager.Api.Viewing.Feeds;
using SimulationManager.Core.Grains;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Viewing.Foxglove;

/// <summary>
/// Time and playback for a client of <c>foxglove.sdk.v1</c>. A time between the start of the data and its end is a position; the clock is that by which messages are
/// stamped, and stands still while nothing plays.
/// </summary>
internal sealed class FoxglovePlayback(IViewedPlayback playback)
{
    /// <summary>Nanoseconds between two times that are told.</summary>
    private const long ClockStep = 20_000_000;

    private long _toldTime;
    private bool _hasJumped;

    private long End => playback.Start + playback.Length;

    /// <summary>Adds what the data lies between.</summary>
    public void Describe(JsonObject serverInfo)
    {
        serverInfo["dataStartTime"] = TimeOf(playback.Start);
        serverInfo["dataEndTime"] = TimeOf(End);
    }

    /// <summary>Does what a client wants.</summary>
    /// <returns>Why it was not done, for a person; null: it was.</returns>
    public async Task<string?> DoAsync(PlaybackRequest request, CancellationToken cancellationToken)
    {
        var problem = ProblemOf(request);
        foreach (var command in problem is null ? CommandsOf(request) : []) problem ??= await playback.TryAsync(command, cancellationToken);
        return problem;
    }

    /// <summary>How it plays now; null: it is not known yet.</summary>
    public byte[]? State() => playback.IsKnown ? State(hasSought: false, "") : null;

    /// <summary>How it plays now.</summary>
    /// <param name="hasSought">Whether it was sent where it is.</param>
    /// <param name="id">Names the request that this answers; empty: none.</param>
    public byte[] State(bool hasSought, string id)
    {
        var now = playback.Now;
        hasSought |= playback.TakeRestart();
        if (hasSought && playback.ClockIsPosition) (_toldTime, _hasJumped) = (now.Position + playback.Start - ClockStep, true);
        return PlaybackFrames.WriteState(now, (ulong)(playback.Start + now.Position), hasSought, id);
    }

    /// <summary>The clock, if it has gone on; null: it was told shortly before, or stands still.</summary>
    public byte[]? Clock()
    {
        if (!playback.IsKnown || (playback.Now.IsPaused && !_hasJumped)) return null;
        _hasJumped = false;
        return ClockAt(playback.ClockNow);
    }

    /// <summary>The clock at the time of a message; null: it was told shortly before, or is further already.</summary>
    public byte[]? ClockAt(long at)
    {
        if (at < _toldTime + ClockStep) return null;
        _toldTime = at;
        return PlaybackFrames.WriteTime((ulong)at);
    }

    private string? ProblemOf(PlaybackRequest request)
    {
        if (request.Speed is not (>= (float)PlaybackOptions.MinRate and <= (float)PlaybackOptions.MaxRate)) return $"the speed of a {playback.Kind} is {PlaybackOptions.MinRate} to {PlaybackOptions.MaxRate}";
        return request.SeekTo is { } to && (to < (ulong)playback.Start || to > (ulong)End) ? $"a {playback.Kind} can be sent to times from {playback.Start} to {End} (dataStartTime to dataEndTime), not to {to}" : null;
    }

    private IEnumerable<RunCommand> CommandsOf(PlaybackRequest request)
    {
        var now = playback.Now;
        var mustChange = !playback.IsKnown || now.IsPaused != request.IsPause;
        // What is to stand at a position must not play on from there, and what is to play from it must not play before.
        if (mustChange && request.IsPause) yield return new RunCommand.Pause();
        if (!playback.IsKnown || (float)now.Rate != request.Speed) yield return new RunCommand.SetRate(RateOf(request.Speed));
        if (request.SeekTo is { } to) yield return new RunCommand.Seek(TimeSpan.FromTicks(((long)to - playback.Start) / TimeSpan.NanosecondsPerTick));
        if (mustChange && !request.IsPause) yield return new RunCommand.Resume();
    }

    /// <summary>0.1 of 32 bits is no 0.1 of 64.</summary>
    private static double RateOf(float speed) => Math.Clamp(Math.Round((double)speed, 6), PlaybackOptions.MinRate, PlaybackOptions.MaxRate);

    private static JsonObject TimeOf(long nanoseconds) => new() { ["sec"] = nanoseconds / 1_000_000_000, ["nsec"] = nanoseconds % 1_000_000_000 };
}
