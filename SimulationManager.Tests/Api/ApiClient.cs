using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace SimulationManager.Tests.Api;

/// <summary>A client as a script is one: JSON in, envelopes out, cookies kept by hand.</summary>
internal sealed class ApiClient(Uri address) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(60) };

    public Uri Address { get; } = address;
    public string? Token { get; set; }
    public string? Cookie { get; set; }
    public string? Language { get; set; }

    public Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<Answer> PostAsync(string path, object? body = null) => SendAsync(HttpMethod.Post, path, body);

    public Task<Answer> PutAsync(string path, object? body = null) => SendAsync(HttpMethod.Put, path, body);

    public Task<Answer> PatchAsync(string path, object? body = null) => SendAsync(HttpMethod.Patch, path, body);

    public Task<Answer> DeleteAsync(string path, object? body = null) => SendAsync(HttpMethod.Delete, path, body);

    /// <summary>Sends a body as it is when it is content or text, else as JSON.</summary>
    public async Task<Answer> SendAsync(HttpMethod method, string path, object? body = null, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(method, path)
        {
            Content = body switch
            {
                null => null,
                HttpContent content => content,
                string text => new StringContent(text, Encoding.UTF8, "application/json"),
                _ => new StringContent(System.Text.Json.JsonSerializer.Serialize(body), Encoding.UTF8, "application/json"),
            },
        };
        if (Token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        if (Cookie is not null) request.Headers.Add("Cookie", Cookie);
        if (Language is not null) request.Headers.Add("Accept-Language", Language);
        change?.Invoke(request);
        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        var text2 = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return new Answer(response.StatusCode, response.Headers, text2);
    }

    /// <summary>Has a body refused for one field, in English and in Korean.</summary>
    public async Task AssertRefusedAsync(string path, object body, string field)
    {
        var english = (await PostAsync(path, body)).Expect(HttpStatusCode.BadRequest);
        Language = "ko";
        var korean = (await PostAsync(path, body)).Expect(HttpStatusCode.BadRequest);

        Assert.Equal([field], english.ErrorFields);
        Assert.Equal([field], korean.ErrorFields);
        Assert.Matches("[가-힣]", (string)korean.Envelope["errors"]![0]!["message"]!);
    }

    /// <summary>Signs up and in; the token is kept.</summary>
    public async Task<ApiClient> SignedInAsync(string email, string role, string password = "pass-word1")
    {
        var signedUp = await PostAsync("/api/auth/signup", new { email, password, password_confirm = password, role });
        Assert.True(signedUp.Status is HttpStatusCode.Created or HttpStatusCode.Conflict, signedUp.Text);
        return await SignInAsync(email, password);
    }

    /// <summary>Signs in; token and cookie are kept.</summary>
    public async Task<ApiClient> SignInAsync(string email, string password = "pass-word1")
    {
        Token = null;
        var answer = await PostAsync("/api/auth/signin", new { email, password });
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Token = (string)answer.Data["accessToken"]!;
        Cookie = answer.SetCookie?.Split(';')[0];
        return this;
    }

    public void Dispose() => _http.Dispose();
}

/// <summary>What the API answered.</summary>
internal sealed record Answer(HttpStatusCode Status, HttpResponseHeaders Headers, string Text)
{
    public JsonObject Envelope => JsonNode.Parse(Text)!.AsObject();

    /// <summary>The data of a successful answer.</summary>
    public JsonNode Data => Envelope["data"] ?? throw new InvalidOperationException($"No data: {Text}");

    public string Message => (string)Envelope["message"]!;

    public string? SetCookie => Headers.TryGetValues("Set-Cookie", out var values) ? values.Single() : null;

    public string[] ErrorFields => [.. (Envelope["errors"]?.AsArray() ?? []).Select(error => (string)error!["field"]!)];

    /// <summary>Checks the status and that the envelope agrees with it.</summary>
    public Answer Expect(HttpStatusCode status)
    {
        Assert.True(Status == status, $"expected {(int)status}, got {(int)Status}: {Text}");
        if (status == HttpStatusCode.NoContent) return this;
        Assert.Equal((int)status, (int)Envelope["statusCode"]!);
        Assert.Equal((int)status < 400 ? "success" : "error", (string)Envelope["status"]!);
        Assert.False(string.IsNullOrWhiteSpace(Message));
        if ((int)status < 400) return this;
        Assert.True(Envelope.ContainsKey("data") && Envelope["data"] is null, "an error has data: null");
        Assert.NotNull(Envelope["traceId"]);
        return this;
    }
}

/// <summary>Names of an object's fields, sorted.</summary>
internal static class JsonShape
{
    public static string FieldsOf(JsonNode? node) => string.Join(',', node!.AsObject().Select(field => field.Key).Order(StringComparer.Ordinal));

    public static string Sorted(params string[] names) => string.Join(',', names.Order(StringComparer.Ordinal));
}
