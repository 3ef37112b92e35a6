using SimulationManager.Core.Model;

namespace SimulationManager.Worker.Listening;

/// <summary>Records what one run hears at its endpoints, where its coordinator lives, or what its agents on this silo put out. The run does not wait for it, and goes on whatever becomes of it.</summary>
public sealed class RunListener
{
    private readonly IReadOnlyList<EndpointRecorder> _recorders;
    private readonly TimeSpan _grace;

    internal RunListener(IReadOnlyList<EndpointRecorder> recorders, TimeSpan grace, CancellationToken giveUp)
    {
        (_recorders, _grace) = (recorders, grace);
        Completed = Task.WhenAll(recorders.Select(recorder => Task.Run(() => recorder.RunAsync(giveUp), CancellationToken.None)));
    }

    /// <summary>Completes once all that was heard is stored.</summary>
    public Task Completed { get; }

    /// <summary>How it goes at each endpoint.</summary>
    public List<ListeningStatus> Status => [.. _recorders.Select(recorder => recorder.Status)];

    /// <summary>How it goes with the recording of what agents put out, where that is what is recorded.</summary>
    public RecordingStatus Recording => _recorders.Select(recorder => recorder.Recording).Aggregate(RecordingStatus.Sum);

    /// <summary>Ends the listening. What was heard is stored in the background.</summary>
    /// <param name="isOver">Whether the run has ended, of which the last messages may still be on their way; else it goes on elsewhere.</param>
    public void End(bool isOver)
    {
        foreach (var recorder in _recorders) _ = recorder.EndAsync(isOver ? _grace : TimeSpan.Zero);
    }
}
