using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace SimulationManager.Tests.Api.Portal;

/// <summary>A client as the portal is one: it reads every field of every answer as always present and of its type.</summary>
internal sealed partial class PortalClient(ApiClient client) : IDisposable
{
    private readonly HashSet<string> _calls = [];

    public ApiClient Client { get; } = client;

    /// <summary>Calls that existing clients make and this one has not made.</summary>
    public IEnumerable<string> NotCalled => AnswerShapes.Calls.Except(_calls);

    /// <summary>Makes a call that succeeds and returns its data.</summary>
    /// <param name="call">Method and path as the contract writes them, with a query if any.</param>
    /// <param name="ids">What the path's placeholders stand for.</param>
    public Task<JsonNode> CallAsync(string call, params object[] ids) => SendAsync(call, null, ids);

    /// <summary>The same with a body.</summary>
    public async Task<JsonNode> SendAsync(string call, object? body, params object[] ids)
    {
        var (key, answer) = await AskAsync(call, body, ids);
        answer.Expect((HttpStatusCode)AnswerShapes.StatusOf(key));
        if (answer.Status == HttpStatusCode.NoContent) return new JsonObject();
        AnswerShapes.Read(key, answer.Data);
        return answer.Data;
    }

    /// <summary>A call that is 404 once its object is gone: until then its answer is read as ever.</summary>
    public async Task<bool> IsThereAsync(string call, params object[] ids)
    {
        var (key, answer) = await AskAsync(call, null, ids);
        if (answer.Status == HttpStatusCode.NotFound) return false;
        AnswerShapes.Read(key, answer.Expect(HttpStatusCode.OK).Data);
        return true;
    }

    public void Dispose() => Client.Dispose();

    private async Task<(string Key, Answer Answer)> AskAsync(string call, object? body, object[] ids)
    {
        var key = AnswerShapes.Calls.Contains(call) ? call : call.Split('?')[0];
        _calls.Add(key);
        var (method, pattern) = call.Split(' ', 2) is [var verb, var path] ? (verb, path) : throw new ArgumentException(call, nameof(call));
        var next = 0;
        return (key, await Client.SendAsync(new HttpMethod(method), Placeholder().Replace(pattern, _ => $"{ids[next++]}"), body));
    }

    [GeneratedRegex(@"\{\w+\}")]
    private static partial Regex Placeholder();
}
