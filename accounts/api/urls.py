from django.urls import path

from accounts.api import audit, auth, classes, families, notices, users

urlpatterns = [
    path("auth/login", auth.LoginView.as_view(), name="auth-login"),
    path("auth/register", auth.RegisterView.as_view(), name="auth-register"),
    path("auth/refresh", auth.RefreshView.as_view(), name="auth-refresh"),
    path("auth/logout", auth.LogoutView.as_view(), name="auth-logout"),
    path("users", users.UsersView.as_view(), name="users"),
    path("users/me", users.MeView.as_view(), name="me"),
    path("users/me/password", users.PasswordView.as_view(), name="my-password"),
    path("users/<uuid:user_id>", users.UserView.as_view(), name="user"),
    path("users/<uuid:user_id>/guardian-consent", families.PaperConsentView.as_view(), name="paper-consent"),
    path("parents/children/<uuid:student_id>/withdraw-consent", families.WithdrawView.as_view(), name="api-withdraw"),
    path("organizations", users.OrganizationsView.as_view(), name="organizations"),
    path("organizations/<uuid:organization_id>", users.OrganizationView.as_view(), name="organization"),
    path("parents/link-student", families.LinkStudentView.as_view(), name="link-student"),
    path("parents/children", families.ChildrenView.as_view(), name="my-children"),
    path("parents/links/<uuid:link_id>", families.LinkView.as_view(), name="parent-link"),
    path("students", families.StudentsView.as_view(), name="students"),
    path("students/me/parents", families.MyParentsView.as_view(), name="my-parents"),
    path("students/approve-parent/<uuid:parent_id>", families.ApproveParentView.as_view(), name="approve-parent"),
    path("students/refuse-parent/<uuid:parent_id>", families.RefuseParentView.as_view(), name="refuse-parent"),
    path("notices", notices.NoticesView.as_view(), name="api-notices"),
    path("notices/read", notices.ReadAllNoticesView.as_view(), name="api-read-all-notices"),
    path("notices/<uuid:notice_id>/read", notices.ReadNoticeView.as_view(), name="api-read-notice"),
    path("classes", classes.ClassroomsView.as_view(), name="classrooms"),
    path("classes/<uuid:classroom_id>", classes.ClassroomView.as_view(), name="classroom"),
    path("classes/<uuid:classroom_id>/members", classes.MembersView.as_view(), name="class-members"),
    path("classes/<uuid:classroom_id>/members/<uuid:user_id>", classes.MemberView.as_view(), name="class-member"),
    path("admin/audit-logs", audit.AuditLogsView.as_view(), name="audit-logs"),
]
