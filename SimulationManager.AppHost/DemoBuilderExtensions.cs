using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

/// <summary>The demo of a first run, as a person of the dashboard meets it.</summary>
internal static class DemoBuilderExtensions
{
    private const string AdminEmail = "admin@example.com";
    private const string SimulationName = "demo fleet";

    /// <summary>Hands the demo's settings to the API, and offers commands that show its sign-in and start its simulation.</summary>
    public static IResourceBuilder<ProjectResource> WithDemo(this IResourceBuilder<ProjectResource> api)
    {
        var builder = api.ApplicationBuilder;
        if (builder.ExecutionContext.IsPublishMode) return api;
        var enabled = builder.Configuration["Demo:Enabled"];
        if (enabled is not null) api.WithEnvironment("Demo__Enabled", enabled);
        if (bool.TryParse(enabled, out var isEnabled) && !isEnabled) return api;
        var password = ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, "demo-password", special: false);
        return api
            .WithEnvironment("Demo__AdminEmail", AdminEmail)
            .WithEnvironment("Demo__AdminPassword", $"{password}")
            .WithCommand("run-demo", "Run the demo", context => RunAsync(api.GetEndpoint("http"), password, context.CancellationToken), new CommandOptions
            {
                Description = $"Starts the simulation '{SimulationName}'",
                IconName = "Bot",
                IsHighlighted = true,
                UpdateState = WhileRunning,
            })
            .WithCommand("show-demo-sign-in", "Show the demo sign-in", async context => CommandResults.Success(
                "The demo admin", $"E-mail `{AdminEmail}`, password `{await password.GetValueAsync(context.CancellationToken)}`", CommandResultFormat.Markdown, displayImmediately: true), new CommandOptions
            {
                Description = "Shows the e-mail address and the password of the demo admin",
                IconName = "Key",
            });
    }

    private static ResourceCommandState WhileRunning(UpdateCommandStateContext context) =>
        context.ResourceSnapshot.State?.Text == KnownResourceStates.Running ? ResourceCommandState.Enabled : ResourceCommandState.Disabled;

    private static async Task<ExecuteCommandResult> RunAsync(EndpointReference address, ParameterResource password, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = new Uri(address.Url) };
        try
        {
            var session = await SendAsync(http, HttpMethod.Post, "auth/signin", cancellationToken, new { email = AdminEmail, password = await password.GetValueAsync(cancellationToken) });
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (string?)session!["accessToken"]);
            var simulations = await SendAsync(http, HttpMethod.Get, "simulation/summary", cancellationToken);
            var demo = simulations!.AsArray().FirstOrDefault(simulation => (string?)simulation!["simulationName"] == SimulationName);
            if (demo is null) return CommandResults.Failure($"There is no simulation '{SimulationName}': it is still being made, or was deleted.");
            var run = await SendAsync(http, HttpMethod.Post, $"simulation/{demo["simulationId"]}/start", cancellationToken);
            return CommandResults.Success($"Execution {run!["executionId"]} of '{SimulationName}' is running.");
        }
        catch (HttpRequestException failed)
        {
            return CommandResults.Failure(failed.Message);
        }
    }

    /// <summary>The data of the answer.</summary>
    /// <exception cref="HttpRequestException">Refused; the message is the API's.</exception>
    private static async Task<JsonNode?> SendAsync(HttpClient http, HttpMethod method, string path, CancellationToken cancellationToken, object? body = null)
    {
        using var request = new HttpRequestMessage(method, $"/api/{path}") { Content = body is null ? null : JsonContent.Create(body) };
        using var answer = await http.SendAsync(request, cancellationToken);
        var envelope = await answer.Content.ReadFromJsonAsync<JsonNode>(cancellationToken);
        return answer.IsSuccessStatusCode ? envelope!["data"] : throw new HttpRequestException($"{path}: {envelope?["message"]}");
    }
}
