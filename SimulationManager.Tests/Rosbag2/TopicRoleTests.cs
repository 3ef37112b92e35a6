using SimulationManager.Rosbag2;

namespace SimulationManager.Tests.Rosbag2;

public sealed class TopicRoleTests
{
    [Theory]
    [InlineData("/odom", "nav_msgs/msg/Odometry", BagTopicKind.Message, "", "", "")]
    [InlineData("/add_two_ints/_service_event", "example_interfaces/srv/AddTwoInts_Event", BagTopicKind.ServiceEvent, "/add_two_ints", "example_interfaces/srv/AddTwoInts", "")]
    [InlineData("/fibonacci/_action/send_goal/_service_event", "example_interfaces/action/Fibonacci_SendGoal_Event", BagTopicKind.Action, "/fibonacci", "example_interfaces/action/Fibonacci", "send_goal")]
    [InlineData("/ns/fibonacci/_action/get_result/_service_event", "example_interfaces/action/Fibonacci_GetResult_Event", BagTopicKind.Action, "/ns/fibonacci", "example_interfaces/action/Fibonacci", "get_result")]
    [InlineData("/fibonacci/_action/cancel_goal/_service_event", "action_msgs/srv/CancelGoal_Event", BagTopicKind.Action, "/fibonacci", "", "cancel_goal")]
    [InlineData("/fibonacci/_action/feedback", "example_interfaces/action/Fibonacci_FeedbackMessage", BagTopicKind.Action, "/fibonacci", "example_interfaces/action/Fibonacci", "feedback")]
    [InlineData("/fibonacci/_action/status", "action_msgs/msg/GoalStatusArray", BagTopicKind.Action, "/fibonacci", "", "status")]
    [InlineData("/fibonacci/_action/status", "std_msgs/msg/String", BagTopicKind.Message, "", "", "")]
    [InlineData("/fibonacci/_action/feedback", "example_interfaces/msg/Fibonacci_FeedbackMessage", BagTopicKind.Message, "", "", "")]
    [InlineData("/mine/_service_event", "my_msgs/msg/Door_Event", BagTopicKind.Message, "", "", "")]
    [InlineData("/_service_event", "my_msgs/srv/Door_Event", BagTopicKind.Message, "", "", "")]
    [InlineData("/door_event", "my_msgs/srv/Door_Event", BagTopicKind.Message, "", "", "")]
    [InlineData("", "", BagTopicKind.Message, "", "", "")]
    public void Services_and_actions_are_told_by_name_and_type(string name, string type, BagTopicKind kind, string owner, string ownerType, string part) =>
        Assert.Equal(new BagTopicRole(kind, owner, ownerType, part), BagTopicRole.Of(name, type));
}
