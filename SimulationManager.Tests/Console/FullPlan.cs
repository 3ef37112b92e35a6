using SimulationManager.Tests.Api;

namespace SimulationManager.Tests.Console;

/// <summary>A simulation of two groups with every option that plans have.</summary>
internal static class FullPlan
{
    public static Task<long> CreateAsync(ApiClient client, long template) => Plans.CreateAsync(client, new
    {
        simulationName = Plans.NewName(),
        simulationDescription = "every option",
        patternType = "parallel",
        mecId = "mec-01",
        listen = new object[] { new { endpoint = "mqtt://127.0.0.1:1", topics = new[] { "fleet/+/cmd", "fleet/#" } } },
        record = new { per = "agent", topics = new[] { "/turtle1/cmd_vel", "/turtle1/**" } },
        pattern = new
        {
            groups = new object[]
            {
                new
                {
                    groupName = "north hall", assignedArea = "hall 1", templateId = template, autonomousAgentCount = 4, executionTime = 600, repeatCount = 2,
                    playback = new
                    {
                        rate = 2.5, loop = true, topics = new[] { "/turtle1/cmd_vel", "/turtle1/pose" }, excludeTopics = new[] { "/rosout" }, regex = "/turtle1/.*", excludeRegex = "/turtle9/.*",
                        remap = new Dictionary<string, string> { ["/turtle1/cmd_vel"] = "/drive" }, startOffset = 0.5, playbackDuration = 20.25, playbackUntil = 4_000_000_000_000_000_001, delay = 1.5,
                        messageOrder = "sent", clock = true, clockFrequency = 12.5, repeatLatched = false,
                    },
                    output = new
                    {
                        endpoints = new[] { "mqtt://127.0.0.1:1/prefix?qos=1", "rosbridge://127.0.0.1:1/prefix" }, stamps = "now", identity = "robot_{n:000}", sharedFrames = new[] { "map" }, globalFrames = new[] { "odom" },
                        poseOffset = new { spacing = 2.5, columns = 4 },
                    },
                    fleet = new
                    {
                        seed = 42, ramp = new { seconds = 1.25, steps = 2 }, stagger = new { within = 3.5 }, jitter = 12.5,
                        faults = new object[]
                        {
                            new { kind = "drop", share = 0.25, rate = 0.1, topics = new[] { "/turtle1/cmd_vel" } },
                            new { kind = "delay", first = 1, last = 2, rate = 0.5, delay = 0.25 },
                            new { kind = "duplicate", first = 2, rate = 1 },
                            new { kind = "reorder", last = 3, rate = 0.125 },
                            new { kind = "freeze", at = 1.5, @for = 2.5, every = 5 },
                            new { kind = "disconnect", share = 1, @for = 0.001 },
                        },
                    },
                },
                new
                {
                    templateId = template, autonomousAgentCount = 2, executionTime = 60, repeatCount = 3,
                    playback = new { clockTopics = new[] { "/turtle1/cmd_vel" } },
                    output = new { endpoints = Array.Empty<string>(), stamps = "offset", sharedFrames = Array.Empty<string>(), poseOffset = new { width = 20.5, height = 10, seed = 7 } },
                    fleet = new { stagger = new { } },
                },
                new { groupName = "plain", templateId = template, autonomousAgentCount = 1, executionTime = 60, repeatCount = 1, playback = new { clockTopicsAll = true } },
            },
        },
    });
}
