using SimulationManager.Core.Grains;
using SimulationManager.Core.Model;

namespace SimulationManager.Tests.Worker;

/// <summary>Commands of a caller that is the only one, so that none of its commands can be too late.</summary>
public static class GrainCommands
{
    public static Task<RunStatus> Pause(this IExecutionGrain execution) => execution.GiveAsync(new RunCommand.Pause());

    public static Task<RunStatus> Resume(this IExecutionGrain execution) => execution.GiveAsync(new RunCommand.Resume());

    public static Task<RunStatus> Seek(this IExecutionGrain execution, TimeSpan position) => execution.GiveAsync(new RunCommand.Seek(position));

    public static Task<RunStatus> SetRate(this IExecutionGrain execution, double rate) => execution.GiveAsync(new RunCommand.SetRate(rate));

    public static Task<RunStatus> Rebalance(this IExecutionGrain execution) => execution.GiveAsync(new RunCommand.Rebalance());

    public static Task<RunStatus> Stop(this IExecutionGrain execution) => execution.GiveAsync(new RunCommand.Stop());

    private static async Task<RunStatus> GiveAsync(this IExecutionGrain execution, RunCommand command) => (await execution.Command(command, long.MaxValue))!.Value;
}
