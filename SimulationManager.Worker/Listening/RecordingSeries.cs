namespace SimulationManager.Worker.Listening;

/// <summary>Files of a recorder that follow each other, one of which is open at a time.</summary>
/// <param name="number">Tells it from the recorder's others.</param>
internal sealed class RecordingSeries(long number)
{
    public long Number { get; } = number;

    /// <summary>Whether its rows tell what belongs to no series as well.</summary>
    public bool IsFirst => Number == 0;

    /// <summary>The file that is open; null: nothing was recorded since the last one.</summary>
    public RecordingSegment? Segment { get; set; }

    /// <summary>Since when the next row tells.</summary>
    public DateTimeOffset? From { get; set; }
}
