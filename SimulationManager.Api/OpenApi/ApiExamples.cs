using System.Text.Json.Nodes;

namespace SimulationManager.Api.OpenApi;

/// <summary>Examples by operation id.</summary>
internal static class ApiExamples
{
    private const string Step =
        """{"stepOrder":1,"templateId":1,"autonomousAgentCount":2,"executionTime":300,"delayAfterCompletion":10,"repeatCount":3}""";

    private static readonly Dictionary<string, string> Requests = new()
    {
        ["SignUp"] = """{"email":"alice@example.org","password":"correct-horse","password_confirm":"correct-horse","role":"general"}""",
        ["SignIn"] = """{"email":"alice@example.org","password":"correct-horse"}""",
        ["StartUpload"] =
            """
            {"name":"warehouse robot","type":"differential drive","description":"A morning in hall 3","topics":"/odom,/scan",
             "files":[{"field":"metadata_file","fileName":"metadata.yaml","size":1007},{"field":"db_file","fileName":"morning_0.db3","size":8589934592}]}
            """,
        ["MergeTemplates"] = """{"name":"robot with its cameras","type":"differential drive","description":"Two recorders, one morning","templateIds":[1,2]}""",
        ["CreateSimulation"] =
            $$$"""
            {"simulationName":"warehouse load","simulationDescription":"morning shift","patternType":"sequential","mecId":"mec-01","pattern":{"steps":[{{{Step}}}]},"listen":[{"endpoint":"mqtt://broker.mec-01.example.org:1883","topics":["fleet/+/cmd"]}],"record":{"per":"fleet","topics":["/odom"]}}
            """,
        ["AddPatternPart"] = """{"step":{"stepOrder":2,"templateId":1,"autonomousAgentCount":3,"executionTime":120,"delayAfterCompletion":5,"repeatCount":2}}""",
        ["ChangePatternPart"] = """{"step":{"stepOrder":2,"autonomousAgentCount":5,"playback":{"rate":2}}}""",
        ["RemovePatternPart"] = """{"step":{"stepOrder":2}}""",
        ["ChangeExecutionAgents"] = """{"count":5}""",
        ["InjectExecutionFaults"] = """{"stepOrder":1,"faults":[{"kind":"drop","rate":0.3,"share":0.2,"topics":["/scan"]},{"kind":"freeze","first":3,"last":4,"for":10}]}""",
        ["BurstExecution"] = """{"messages":10}""",
        ["SeekExecution"] = """{"position":12.5}""",
        ["SetExecutionRate"] = """{"rate":2}""",
        ["CreateInstances"] = """{"instanceName":"extra robot","instanceDescription":"joins later","simulationId":1,"templateId":1,"instanceCount":2}""",
        ["GetInstanceStatus"] = """{"instanceIds":[1,2]}""",
        ["ActOnInstances"] = """{"instanceIds":[1,2],"action":"start"}""",
        ["CreateMecSite"] = """{"name":"mec-01","description":"Hall 3","endpoint":"mqtt://broker.mec-01.example.org:1883/hall-3?qos=1"}""",
        ["ChangeMecSite"] = """{"description":"Hall 4"}""",
        ["ChangeUser"] = """{"role":"admin"}""",
    };

    private static readonly Dictionary<string, string> Answers = new()
    {
        ["SignIn"] =
            """
            {"statusCode":200,"status":"success","data":{"email":"alice@example.org","accessToken":"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl","expiresAt":"2026-11-23T08:15:00.000Z","role":"general"},"message":"You are signed in."}
            """,
        ["CreateSimulation"] =
            """
            {"statusCode":201,"status":"success","data":{"simulationId":1,"simulationName":"warehouse load","simulationDescription":"morning shift","patternType":"sequential","status":"PENDING","simulationNamespace":"simulation-1","mecId":"mec-01","createdAt":"2026-11-23T08:00:00.000Z","totalExpectedPods":2},"message":"The simulation was created."}
            """,
        ["StartSimulation"] =
            """
            {"statusCode":200,"status":"success","data":{"simulationId":1,"executionId":7,"status":"RUNNING","patternType":"sequential","startedAt":"2026-11-23T08:01:00.000Z"},"message":"The run was started."}
            """,
        ["GetSimulationStatus"] =
            """
            {"statusCode":200,"status":"success","data":{"simulationId":1,"patternType":"sequential","currentStatus":{"status":"RUNNING","message":"Step 1 of 1 is running.","timestamps":{"createdAt":"2026-11-23T08:01:00.000Z","lastUpdated":"2026-11-23T08:02:00.000Z","startedAt":"2026-11-23T08:01:00.000Z"},"progress":{"overallProgress":20.1,"currentStep":1,"completedSteps":0,"totalSteps":1},"stepDetails":[{"stepOrder":1,"status":"RUNNING","progress":20.1,"autonomousAgents":2,"currentRepeat":0,"totalRepeats":3,"startedAt":"2026-11-23T08:01:00.000Z"}]}},"message":"The status."}
            """,
    };

    public static JsonNode? RequestOf(string operationId) => Requests.TryGetValue(operationId, out var json) ? JsonNode.Parse(json) : null;

    public static JsonNode? AnswerOf(string operationId) => Answers.TryGetValue(operationId, out var json) ? JsonNode.Parse(json) : null;
}
