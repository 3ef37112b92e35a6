using System.Diagnostics;

namespace SimulationManager.Tests.AspireLocal.Dashboard;

/// <summary>A simulation that curl starts, from the sign-up to its end.</summary>
internal static class CurlRun
{
    private const string Script = """
        set -euo pipefail
        JSON='Content-Type: application/json'
        USER="dashboard-$$@example.com"
        curl -sSf $API/auth/signup -H "$JSON" -d '{"email":"'$USER'","password":"Tour-passw0rd","password_confirm":"Tour-passw0rd","role":"general"}' >/dev/null
        TOKEN=$(curl -sSf $API/auth/signin -H "$JSON" -d '{"email":"'$USER'","password":"Tour-passw0rd"}' | sed -E 's/.*"accessToken":"([^"]+)".*/\1/')
        AUTH="Authorization: Bearer $TOKEN"
        BAG=SimulationManager.Tests/Data/bags/turtlesim_cmd_vel
        TEMPLATE=$(curl -sSf $API/template -H "$AUTH" -F 'name=dashboard turtle' -F type=turtlesim -F 'description=driven by hand' -F topics=/turtle1/cmd_vel \
          -F metadata_file=@$BAG/metadata.yaml -F db_file=@$BAG/turtle_cmd_vel.mcap_0.db3 | sed -E 's/.*"templateId":([0-9]+).*/\1/')
        SIMULATION=$(curl -sSf $API/simulation -H "$AUTH" -H "$JSON" -d '{"simulationName":"dashboard","simulationDescription":"one agent","patternType":"sequential","mecId":"mec-01","pattern":{"steps":[
          {"stepOrder":1,"templateId":'$TEMPLATE',"autonomousAgentCount":1,"executionTime":60,"delayAfterCompletion":0,"repeatCount":1}]}}' | sed -E 's/.*"simulationId":([0-9]+).*/\1/')
        curl -sSf -X POST $API/simulation/$SIMULATION/start -H "$AUTH" >/dev/null
        for i in $(seq 120); do
          STATUS=$(curl -sSf $API/simulation/$SIMULATION/status -H "$AUTH")
          case "$STATUS" in *'"COMPLETED"'*) echo "$SIMULATION"; exit 0 ;; esac
          sleep 0.5
        done
        echo "$STATUS" >&2
        exit 1
        """;

    /// <returns>The simulation's id, once it is completed.</returns>
    public static async Task<string> CompleteAsync(Uri api, CancellationToken cancellationToken)
    {
        Assert.SkipUnless(File.Exists("/bin/bash") && File.Exists("/usr/bin/curl"), "the run is started by curl from a POSIX shell");
        using var shell = Process.Start(new ProcessStartInfo("/bin/bash", ["-c", Script])
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["API"] = new Uri(api, "/api").ToString() },
        })!;
        try
        {
            var errors = shell.StandardError.ReadToEndAsync(cancellationToken);
            var output = await shell.StandardOutput.ReadToEndAsync(cancellationToken);
            await shell.WaitForExitAsync(cancellationToken);
            Assert.True(shell.ExitCode == 0, $"The run ended with {shell.ExitCode}: {output}\n{await errors}");
            return output.Trim();
        }
        finally
        {
            if (!shell.HasExited)
                shell.Kill(entireProcessTree: true);
        }
    }
}
