namespace SimulationManager.Worker.Listening;

/// <summary>Settings of what runs record of the system under test, section <c>Listening</c>.</summary>
public sealed class ListeningOptions
{
    public const string Section = "Listening";

    /// <summary>Folder for files that are being written; empty: below the system's folder for temporary files.</summary>
    public string Folder { get; set; } = "";

    /// <summary>Bytes of files that one run may store; what comes then is not recorded.</summary>
    public long MaxBytes { get; set; } = 1L << 30;

    /// <summary>Bytes of messages, before they are compressed, that files of all runs may hold on this worker's disk until they are stored; what comes beyond is missed.</summary>
    public long ScratchBytes { get; set; } = 1L << 30;

    /// <summary>Bytes of messages after which a file is closed, stored and the next one begun.</summary>
    public long SegmentBytes { get; set; } = 64L << 20;

    /// <summary>Time after which the same happens; a worker that is lost takes at most this much with it.</summary>
    public TimeSpan SegmentInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes of messages of one endpoint that may wait to be written; what does not fit is missed and counted.</summary>
    public long QueueBytes { get; set; } = 32L << 20;

    /// <summary>How long it is listened after the run's end.</summary>
    public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long object storage or PostgreSQL may be away before a file is given up.</summary>
    public TimeSpan StoreWithin { get; set; } = TimeSpan.FromMinutes(2);
}
