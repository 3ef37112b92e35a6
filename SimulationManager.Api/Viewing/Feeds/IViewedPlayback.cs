using SimulationManager.Core.Grains;

namespace SimulationManager.Api.Viewing.Feeds;

/// <summary>How something plays that can be controlled.</summary>
/// <param name="IsPaused">Whether it stands.</param>
/// <param name="Rate">Speed factor.</param>
/// <param name="Position">Where it is, nanoseconds from the start of its data.</param>
/// <param name="HasEnded">Whether it stands because it is at its end.</param>
internal readonly record struct PlaybackState(bool IsPaused, double Rate, long Position, bool HasEnded = false);

/// <summary>How that which a viewer watches plays, and what the viewer may ask of it. Commands one at a time; else for any number of threads.</summary>
internal interface IViewedPlayback
{
    /// <summary>What it is, for a person, such as <c>run</c>.</summary>
    string Kind { get; }

    /// <summary>The first time that a position can mean, nanoseconds since 1970.</summary>
    long Start { get; }

    /// <summary>Nanoseconds from there to the last one.</summary>
    long Length { get; }

    /// <summary>Whether anything is known yet.</summary>
    bool IsKnown { get; }

    /// <summary>How it plays now.</summary>
    PlaybackState Now { get; }

    /// <summary>The time by which its messages are stamped now, nanoseconds since 1970.</summary>
    long ClockNow { get; }

    /// <summary>Whether that time is a position, which goes back when it is sent back; else it only grows.</summary>
    bool ClockIsPosition { get; }

    /// <summary>Gives a command.</summary>
    /// <returns>Why it was not done, for a person; null: it was.</returns>
    Task<string?> TryAsync(RunCommand command, CancellationToken cancellationToken);

    /// <summary>Whether it has begun anew by itself since this was last asked.</summary>
    bool TakeRestart() => false;

    /// <summary>What is to be told to a viewer that cannot be told by the state; null: nothing.</summary>
    string? TakeNotice() => null;

    /// <summary>Is told that the viewer knows how it plays now. Messages after a jump wait for that.</summary>
    Task OnToldAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Is told that the viewer has got all messages that there were for it.</summary>
    /// <returns>Whether it plays in another way now.</returns>
    bool OnDrained() => false;
}
