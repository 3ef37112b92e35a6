namespace SimulationManager.Worker.Instances;

/// <summary>What silos say to the grain of a manual instance; the same grain as <c>IManualInstanceGrain</c>.</summary>
public interface IManualInstanceKeeper : IGrainWithIntegerKey
{
    /// <summary>Lets the agent go on when it ought to play and does not; one that was stopped meanwhile stays so.</summary>
    Task TakeUp();
}
