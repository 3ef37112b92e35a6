using SimulationManager.Core.Model;
using SimulationManager.Replay;

namespace SimulationManager.Worker.Executions;

/// <summary>What is changed in payloads, as the replay library takes it.</summary>
internal static class PayloadPlans
{
    public static PayloadOptions Of(OutputOptions? options)
    {
        options ??= new OutputOptions();
        var defaults = new PayloadOptions();
        return defaults with
        {
            Stamps = options.Stamps switch { StampRewriting.Now => StampMode.Now, StampRewriting.Offset => StampMode.Offset, _ => StampMode.Recorded },
            Identity = options.Identity is null ? null : AgentPattern.Parse(options.Identity),
            SharedFrames = options.SharedFrames ?? defaults.SharedFrames,
            GlobalFrames = options.GlobalFrames ?? defaults.GlobalFrames,
            PoseOffset = options.PoseOffset switch
            {
                null => null,
                { Spacing: { } spacing } grid => new GridLayout(spacing, grid.Columns ?? 10),
                var random => new RandomLayout((random.Width ?? 0) / 2, (random.Height ?? 0) / 2, random.Seed),
            },
        };
    }
}
