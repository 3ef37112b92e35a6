using System.Text.Json.Serialization;

namespace SimulationManager.Console.Sessions;

public sealed record SignInRequest(string Email, string Password);

public sealed record SignInAnswer(string Email, string AccessToken, DateTimeOffset ExpiresAt, string Role);

public sealed record SignUpRequest(string Email, string Password, [property: JsonPropertyName("password_confirm")] string PasswordConfirm, string Role);

public sealed record SignUpAnswer(string Email, string Role);

public sealed record RefreshAnswer(string AccessToken, DateTimeOffset ExpiresAt);

public sealed record VerifyAnswer(bool IsValid, long UserId, string Email, string Role);
